// Times small operators through the face: what a call costs beside the operator itself. The lines are those of torch_calls.cpp.
using System.Globalization;
using static Ckpt.Torch.torch;

const int Calls = 50_000;
const int Rounds = 15;

if (!IsAvailable(out var reason))
{
    Console.Error.WriteLine(reason);
    return 4;
}
set_num_threads(1);
using var outer = NewDisposeScope();
var a = ones([1]);
var b = ones([1]);
var view = ones([4, 4]);
var weight = ones([4, 4]).requires_grad_();

using (no_grad())
{
    Time("add_ (in place)", () => a.add_(b));
    Time("add", () => { using var c = a + b; });
    Time("view", () => { using var c = view.view(2, 8); });
    Time("matmul 4x4", () => { using var c = view.matmul(view); });
    Time("numel", () => _ = view.numel());
    Time("add, by name", () => { using var c = Call("aten::add.Tensor", a, b); });
    using var scope = NewDisposeScope();
    Time("add in a scope of 10", () =>
    {
        using var inner = NewDisposeScope();
        for (var i = 0; i < 10; i++) { _ = a + b; }
    }, calls: 10);
}
Time("matmul 4x4, recorded", () => { using var c = view.matmul(weight); });
Time("forward and backward", () =>
{
    using var scope = NewDisposeScope();
    view.matmul(weight).sum().backward();
});
return 0;

// Processor time, as the machine may be shared; a second of warming up first, so that everything is compiled for good.
static void Time(string name, Action body, int calls = 1)
{
    var until = Environment.TickCount64 + 1000;
    while (Environment.TickCount64 < until) { body(); }
    var best = double.MaxValue;
    for (var round = 0; round < Rounds; round++)
    {
        var start = Environment.CpuUsage.TotalTime;
        for (var i = 0; i < Calls; i++) { body(); }
        best = Math.Min(best, (Environment.CpuUsage.TotalTime - start).TotalNanoseconds / Calls / calls);
    }
    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name,-24} {best,8:F0} ns"));
}
