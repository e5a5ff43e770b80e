// Gradients: backward, grad, modes, and functions whose backward is C#.
#include "shim.h"

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include <c10/core/GradMode.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/edge.h>
#include <torch/csrc/autograd/function.h>
#include <torch/csrc/autograd/functions/utils.h>
#include <torch/csrc/autograd/variable.h>

CKPT_API void ckpt_tensor_free(void* handle);

using namespace ckpt;
using torch::autograd::variable_list;

namespace {

// Fills `results` with `result_count` handles, which it gives away, null where there is no gradient. Returns 0, or the id of what it threw.
using Backward = int64_t (*)(void* context, void* const* gradients, int32_t gradient_count, void** results, int32_t result_count);
using Release = void (*)(void* context);

struct ManagedNode final : torch::autograd::Node {
    ManagedNode(void* context, Backward backward, Release release) : context_(context), backward_(backward), release_(release) {}
    ~ManagedNode() override { drop(); }

    // The engine says so after a backward that does not keep the graph: what was saved for it goes at once.
    void release_variables() override { drop(); }

    variable_list apply(variable_list&& gradients) override {
        TORCH_CHECK(context_ != nullptr, "Trying to backward through the graph a second time: keep it with retain_graph");
        std::vector<void*> in(gradients.size());
        for (size_t i = 0; i < gradients.size(); i++) { in[i] = given(std::move(gradients[i])); }
        std::vector<void*> out(num_outputs(), nullptr);
        // The callback owns what it is given, whatever comes of it.
        const auto failure = backward_(context_, in.data(), static_cast<int32_t>(in.size()), out.data(), static_cast<int32_t>(out.size()));
        variable_list results;
        results.reserve(out.size());
        for (auto* handle : out) {
            results.push_back(borrowed(handle));
            if (handle != nullptr) {
                live_tensors.fetch_sub(1, std::memory_order_relaxed);
                Impl::reclaim(static_cast<at::TensorImpl*>(handle)).reset();
            }
        }
        if (failure != 0) { throw CallbackError(failure); }
        return results;
    }

    std::string name() const override { return "ManagedFunction"; }

private:
    void drop() noexcept {
        if (auto* context = std::exchange(context_, nullptr)) { release_(context); }
    }

    void* context_;
    Backward backward_;
    Release release_;
};

bool is_one_of(const variable_list& tensors, const at::Tensor& tensor) {
    return std::any_of(tensors.begin(), tensors.end(), [&](const at::Tensor& other) { return other.is_same(tensor); });
}

variable_list list_of(void* const* handles, int32_t count) {
    variable_list list;
    list.reserve(count);
    for (int32_t i = 0; i < count; i++) { list.push_back(borrowed(handles[i])); }
    return list;
}

// A node is shared by std::shared_ptr until 2.13 or so, and by c10::intrusive_ptr after: an edge says which.
using NodePointer = decltype(std::declval<torch::autograd::Edge>().function);

template <class Pointer>
struct Sharing;

template <>
struct Sharing<std::shared_ptr<torch::autograd::Node>> {
    template <class... Arguments>
    static std::shared_ptr<torch::autograd::Node> make(Arguments... arguments) {
        // Found by its argument, where this is used: newer headers have no such function.
        const auto release = [](auto* node) { deleteNode(node); };
        return std::shared_ptr<torch::autograd::Node>(static_cast<torch::autograd::Node*>(new ManagedNode(arguments...)), release);
    }
};

template <class Node>
struct Sharing<c10::intrusive_ptr<Node>> {
    template <class... Arguments>
    static c10::intrusive_ptr<Node> make(Arguments... arguments) {
        return c10::make_intrusive<ManagedNode>(arguments...);
    }
};

}  // namespace

CKPT_API int32_t ckpt_grad_mode(int32_t set) {
    const bool before = c10::GradMode::is_enabled();
    if (set >= 0) { c10::GradMode::set_enabled(set != 0); }
    return before;
}

CKPT_API int32_t ckpt_set_requires_grad(void* handle, int32_t yes) {
    return guarded([&] {
        auto tensor = borrowed(handle);
        tensor.set_requires_grad(yes != 0);
    });
}

CKPT_API int32_t ckpt_is_leaf(void* handle) { return borrowed(handle).is_leaf(); }

CKPT_API int32_t ckpt_retain_grad(void* handle) {
    return guarded([&] { borrowed(handle).retain_grad(); });
}

CKPT_API int32_t ckpt_get_grad(void* handle, void** gradient) {
    return guarded([&] { *gradient = given(borrowed(handle).grad()); });
}

CKPT_API int32_t ckpt_set_grad(void* handle, void* gradient) {
    return guarded([&] {
        auto tensor = borrowed(handle);
        auto value = borrowed(gradient);
        TORCH_CHECK(!value.defined() || value.sizes() == tensor.sizes(), "a gradient of shape ", value.sizes(), " for a tensor of shape ", tensor.sizes());
        tensor.mutable_grad() = value;
    });
}

CKPT_API int32_t ckpt_backward(
    void* const* tensors, void* const* gradients, int32_t count, void* const* inputs, int32_t input_count, int32_t retain, int32_t create) {
    return guarded([&] {
        variable_list seeds;
        if (gradients != nullptr) { seeds = list_of(gradients, count); }
        torch::autograd::backward(list_of(tensors, count), seeds, retain != 0, create != 0, list_of(inputs, input_count));
    });
}

CKPT_API int32_t ckpt_grad(
    void* const* outputs, void* const* gradients, int32_t count, void* const* inputs, int32_t input_count, int32_t retain, int32_t create,
    int32_t allow_unused, void** results) {
    return guarded([&] {
        variable_list seeds;
        if (gradients != nullptr) { seeds = list_of(gradients, count); }
        auto found = torch::autograd::grad(
            list_of(outputs, count), list_of(inputs, input_count), seeds, retain != 0, create != 0, allow_unused != 0);
        for (size_t i = 0; i < found.size(); i++) { results[i] = given(std::move(found[i])); }
    });
}

// Makes `outputs` the results of one function of `inputs` whose backward is the callback. The caller gives the outputs away and gets those
// to use back. The context is released by the graph, or here where no gradient will be asked for.
CKPT_API int32_t ckpt_attach(
    void* const* inputs, int32_t input_count, void** outputs, int32_t output_count, void* context, Backward backward, Release release) {
    NodePointer node;
    const auto status = guarded([&] {
        const auto sources = list_of(inputs, input_count);
        bool any = false;
        for (const auto& source : sources) { any = any || (source.defined() && source.requires_grad()); }
        if (!any || !c10::GradMode::is_enabled()) { return; }
        node = Sharing<NodePointer>::make(context, backward, release);
        node->set_next_edges(torch::autograd::collect_next_edges(sources));
        for (int32_t i = 0; i < output_count; i++) {
            auto output = borrowed(outputs[i]);
            // An input given back, or a view of anything, gets a face of its own: history belongs to one result of one function.
            if (output.defined() && (output.is_view() || output.requires_grad() || is_one_of(sources, output))) {
                output = output.detach();
                auto* fresh = given(output);
                ckpt_tensor_free(std::exchange(outputs[i], fresh));
            }
            if (output.defined() && !c10::isFloatingType(output.scalar_type()) && !c10::isComplexType(output.scalar_type())) {
                // Its place among the gradients stays, and is always empty.
                node->add_input_metadata(torch::autograd::Node::undefined_input());
                continue;
            }
            torch::autograd::set_history(output, node);
        }
    });
    // A node that was made owns the context, also when it is torn down here.
    if (!node) { release(context); }
    return status;
}
