// What the lines of TorchCalls/Program.cs cost in C++: by the ordinary call, and by the boxed one that the shim makes.
#include <algorithm>
#include <cstdio>
#include <ctime>
#include <functional>

#include <torch/torch.h>

#include <ATen/core/dispatch/Dispatcher.h>

// Processor time, as the machine may be shared.
static void cost(const char* name, const std::function<void()>& body) {
    const int calls = 50000;
    for (int i = 0; i < calls; i++) { body(); }
    double best = 1e30;
    for (int round = 0; round < 15; round++) {
        const auto start = std::clock();
        for (int i = 0; i < calls; i++) { body(); }
        best = std::min(best, double(std::clock() - start) / CLOCKS_PER_SEC * 1e9 / calls);
    }
    std::printf("%-24s %8.0f ns\n", name, best);
}

static c10::OperatorHandle find(const char* name, const char* overload) { return c10::Dispatcher::singleton().findSchemaOrThrow(name, overload); }

int main() {
    at::set_num_threads(1);
    auto a = torch::ones({1}), b = torch::ones({1}), m = torch::ones({4, 4});
    auto w = torch::ones({4, 4}).requires_grad_();
    const auto add_ = find("aten::add_", "Tensor"), add = find("aten::add", "Tensor"), view = find("aten::view", ""), matmul = find("aten::matmul", "");
    {
        torch::NoGradGuard guard;
        std::puts("ordinary calls");
        cost("add_ (in place)", [&] { a.add_(b); });
        cost("add", [&] { auto c = a + b; });
        cost("view", [&] { auto c = m.view({2, 8}); });
        cost("matmul 4x4", [&] { auto c = m.matmul(m); });
        std::puts("boxed calls");
        cost("add_ (in place)", [&] { torch::jit::Stack s{a, b, c10::Scalar(1)}; add_.callBoxed(s); });
        cost("add", [&] { torch::jit::Stack s{a, b, c10::Scalar(1)}; add.callBoxed(s); });
        cost("view", [&] { torch::jit::Stack s{m, c10::List<int64_t>({2, 8})}; view.callBoxed(s); });
        cost("matmul 4x4", [&] { torch::jit::Stack s{m, m}; matmul.callBoxed(s); });
    }
    std::puts("ordinary calls, recorded");
    cost("matmul 4x4, recorded", [&] { auto c = m.matmul(w); });
    cost("forward and backward", [&] { m.matmul(w).sum().backward(); });
}
