using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Ckpt.Torch.Native;

namespace Ckpt.Torch;

public static unsafe partial class torch
{
    /// <summary>Nothing is recorded on this thread until the result is disposed.</summary>
    public static GradMode no_grad() => new(false);

    /// <summary>Operations are recorded again on this thread until the result is disposed.</summary>
    public static GradMode enable_grad() => new(true);

    public static bool is_grad_enabled()
    {
        Shim.Require();
        return Shim.ckpt_grad_mode(-1) != 0;
    }

    /// <summary>Derivatives: of many tensors at once, without adding them up, and of functions written in C#.</summary>
    public static class autograd
    {
        /// <summary>Adds derivatives to the gradients of all leaves, or of <paramref name="inputs"/> only; the graph is kept where asked, or where it is built on.</summary>
        public static void backward(
            Tensor[] tensors, Tensor[]? gradients = null, bool? retain_graph = null, bool create_graph = false, Tensor[]? inputs = null)
        {
            if (gradients is not null && gradients.Length != tensors.Length)
            {
                throw new ArgumentException($"{gradients.Length} gradients for {tensors.Length} tensors", nameof(gradients));
            }
            fixed (nint* outputs = Handles(tensors), seeds = gradients is null ? null : Handles(gradients), leaves = Handles(inputs ?? []))
            {
                Shim.Check(Shim.ckpt_backward(
                    outputs, seeds, tensors.Length, leaves, inputs?.Length ?? 0, (retain_graph ?? create_graph) ? 1 : 0, create_graph ? 1 : 0));
            }
            GC.KeepAlive(tensors);
            GC.KeepAlive(gradients);
            GC.KeepAlive(inputs);
        }

        /// <summary>The derivatives by <paramref name="inputs"/>, which go nowhere else; null where one was not used and that is allowed.</summary>
        public static Tensor?[] grad(
            Tensor[] outputs, Tensor[] inputs, Tensor[]? gradients = null, bool? retain_graph = null, bool create_graph = false, bool allow_unused = false)
        {
            if (gradients is not null && gradients.Length != outputs.Length)
            {
                throw new ArgumentException($"{gradients.Length} gradients for {outputs.Length} outputs", nameof(gradients));
            }
            var found = new nint[inputs.Length];
            fixed (nint* of = Handles(outputs), seeds = gradients is null ? null : Handles(gradients), by = Handles(inputs), results = found)
            {
                Shim.Check(Shim.ckpt_grad(
                    of, seeds, outputs.Length, by, inputs.Length, (retain_graph ?? create_graph) ? 1 : 0, create_graph ? 1 : 0, allow_unused ? 1 : 0, results));
            }
            GC.KeepAlive(outputs);
            GC.KeepAlive(inputs);
            GC.KeepAlive(gradients);
            return Array.ConvertAll(found, h => h == 0 ? null : new Tensor(h));
        }

        /// <summary>
        /// The results of <paramref name="function"/>, as one step of the graph: backward goes through its C#. What backward throws comes
        /// out of the call that asked for it, as it was.
        /// </summary>
        public static Tensor[] Apply(IAutogradFunction function, params Tensor[] inputs)
        {
            Shim.Require();
            var context = new AutogradContext(function, Array.ConvertAll(inputs, i => i.requires_grad));
            nint[] handles;
            try
            {
                using var scope = NewDisposeScope();
                Tensor[] outputs;
                using (no_grad())
                {
                    outputs = function.Forward(context, inputs);
                    context.Unlink(inputs, outputs);
                }
                handles = Array.ConvertAll(outputs, o => o.Share());
            }
            catch
            {
                Release(context);
                throw;
            }
            var holder = GCHandle.Alloc(context);
            int status;
            fixed (nint* from = Handles(inputs), to = handles)
            {
                status = Shim.ckpt_attach(from, inputs.Length, to, handles.Length, GCHandle.ToIntPtr(holder), &OnBackward, &OnRelease);
            }
            GC.KeepAlive(inputs);
            var results = Array.ConvertAll(handles, h => new Tensor(h));
            if (status != 0)
            {
                foreach (var result in results) { result.Dispose(); }
                Shim.Check(status);
            }
            return results;
        }

        [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
        static long OnBackward(nint context, nint* gradients, int count, nint* results, int resultCount)
        {
            try
            {
                var kept = (AutogradContext)GCHandle.FromIntPtr(context).Target!;
                using var scope = NewDisposeScope();
                var given = new Tensor?[count];
                for (var i = 0; i < count; i++) { given[i] = gradients[i] == 0 ? null : new Tensor(gradients[i]); }
                var found = kept.Function.Backward(kept, given);
                if (found.Length != resultCount)
                {
                    throw new InvalidOperationException($"{kept.Function.GetType().Name} gave {found.Length} gradients for {resultCount} inputs");
                }
                for (var i = 0; i < resultCount; i++) { results[i] = found[i]?.Share() ?? 0; }
                return 0;
            }
            catch (Exception exception)
            {
                // Kept, and thrown again by the call that asked for the backward: none may cross LibTorch's frames.
                return CallbackExceptions.Keep(exception);
            }
        }

        [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
        static void OnRelease(nint context)
        {
            var holder = GCHandle.FromIntPtr(context);
            var kept = (AutogradContext)holder.Target!;
            holder.Free();
            Release(kept);
        }

        static void Release(AutogradContext context)
        {
            context.Free();
            context.State = null;
        }
    }

    static nint[] Handles(Tensor[] tensors) => Array.ConvertAll(tensors, t => t.Handle);
}
