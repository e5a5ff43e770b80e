using Ckpt.Torch.Native;

namespace Ckpt.Torch.Distributed;

public sealed unsafe partial class ProcessGroup
{
    /// <summary>Every member's tensor becomes the reduction of all.</summary>
    public Work all_reduce(Tensor tensor, ReduceOp op = ReduceOp.SUM, bool async_op = false)
    {
        if (Size == 1) { return Work.Done; }
        var (sent, reduction, after) = Reducible(tensor, op);
        return Start(Collective.AllReduce, [sent], [], (int)reduction, 0, 0, async_op, [sent], after);
    }

    /// <summary>Every member's tensor becomes that of <paramref name="root"/>.</summary>
    public Work broadcast(Tensor tensor, int root, bool async_op = false)
    {
        if (Size == 1) { return Work.Done; }
        var (sent, after) = Writable(tensor, read: Rank == root);
        return Start(Collective.Broadcast, [sent], [], 0, root, 0, async_op, [sent], after);
    }

    /// <summary><paramref name="output"/> becomes all members' inputs behind each other, by rank: Size times as many elements.</summary>
    public Work all_gather_into_tensor(Tensor output, Tensor input, bool async_op = false)
    {
        CheckSizes(output, input, "all_gather_into_tensor");
        if (Size == 1) { return Copied(output, input); }
        var (into, after) = Writable(output, read: false);
        var from = Readable(input);
        if (!_isGloo) { return Start(Collective.AllGatherInto, [into], [from], 0, 0, 0, async_op, [into, from], after); }
        using var scope = torch.NewDisposeScope();
        var parts = Parts(into);
        return Start(Collective.AllGather, parts, [from], 0, 0, 0, async_op, [into, from], after);
    }

    /// <summary>
    /// Reduces all members' inputs, of Size times as many elements, and gives each its own part. Gloo has no such operation everywhere:
    /// there everything is reduced and the part is taken.
    /// </summary>
    public Work reduce_scatter_tensor(Tensor output, Tensor input, ReduceOp op = ReduceOp.SUM, bool async_op = false)
    {
        CheckSizes(input, output, "reduce_scatter_tensor");
        if (Size == 1) { return Copied(output, input); }
        if (!_isGloo)
        {
            var (into, after) = Writable(output, read: false);
            var from = Readable(input);
            return Start(Collective.ReduceScatterFrom, [into], [from], (int)op, 0, 0, async_op, [into, from], after);
        }
        // All of it is reduced in place, so that it is a copy even where the input could be read as it is.
        Tensor whole;
        using (torch.no_grad())
        using (torch.NewDisposeScope())
        {
            whole = input.detach().to(Device.CPU, Summable(input.dtype)).clone().contiguous().view(-1).DetachFromDisposeScope();
        }
        var reduction = op == ReduceOp.AVG ? ReduceOp.SUM : op;
        return Start(Collective.AllReduce, [whole], [], (int)reduction, 0, 0, async_op, [whole], () =>
        {
            var own = whole.narrow(0, Rank * output.numel(), output.numel());
            if (op == ReduceOp.AVG) { own = Average(own); }
            output.copy_(own.view(output.shape));
        });
    }

    /// <summary>The reduction of all members' tensors, in that of <paramref name="root"/>; the others' are undefined after.</summary>
    public Work reduce(Tensor tensor, int root, ReduceOp op = ReduceOp.SUM, bool async_op = false)
    {
        if (Size == 1) { return Work.Done; }
        var (sent, reduction, after) = Reducible(tensor, op);
        return Start(Collective.Reduce, [sent], [], (int)reduction, root, 0, async_op, [sent], Rank == root ? after : null);
    }

    /// <summary>Part i of the input goes to member i, and part j of the output comes from member j; all parts have one size.</summary>
    public Work all_to_all_single(Tensor output, Tensor input, bool async_op = false)
    {
        if (output.numel() != input.numel() || input.numel() % Size != 0)
        {
            throw new ArgumentException($"all_to_all_single: {input.numel()} elements to {output.numel()}, in {Size} equal parts");
        }
        if (Size == 1) { return Copied(output, input); }
        var (into, after) = Writable(output, read: false);
        var from = Readable(input);
        return Start(Collective.AllToAll, [into], [from], 0, 0, 0, async_op, [into, from], after);
    }

    public Work send(Tensor tensor, int to, int tag = 0, bool async_op = false)
    {
        var from = Readable(tensor);
        return Start(Collective.Send, [], [from], 0, to, tag, async_op, [from], null);
    }

    public Work recv(Tensor tensor, int from, int tag = 0, bool async_op = false)
    {
        var (into, after) = Writable(tensor, read: false);
        return Start(Collective.Receive, [into], [], 0, from, tag, async_op, [into], after);
    }

    /// <summary>Returns when all members have come here.</summary>
    public void barrier()
    {
        if (Size > 1) { Start(Collective.Barrier, [], [], 0, 0, 0, async_op: false, [], null); }
    }

    Work Start(
        Collective operation, Tensor[] outputs, Tensor[] inputs, int number, int peer, int tag, bool async_op, Tensor[] held, Action? after)
    {
        if (_handle is null) { throw new InvalidOperationException($"{operation}: a group of one has nobody to talk to"); }
        nint started;
        int status;
        fixed (nint* into = Handles(outputs), from = Handles(inputs))
        {
            status = Shim.ckpt_collective(_handle, (int)operation, into, outputs.Length, from, inputs.Length, number, peer, tag, &started);
        }
        GC.KeepAlive(outputs);
        GC.KeepAlive(inputs);
        if (status != 0)
        {
            foreach (var tensor in held) { tensor.Dispose(); }
            Shim.Check(status);
        }
        var work = new Work(new WorkHandle(started), held, after);
        if (!async_op) { work.Wait(); }
        return work;
    }

    static nint[] Handles(Tensor[] tensors) => Array.ConvertAll(tensors, t => t.Handle);

    void CheckSizes(Tensor whole, Tensor part, string operation)
    {
        if (whole.numel() != part.numel() * Size || whole.dtype != part.dtype)
        {
            throw new ArgumentException($"{operation}: {whole} is not {Size} times {part}");
        }
    }

    static Work Copied(Tensor output, Tensor input)
    {
        using (torch.no_grad())
        using (torch.NewDisposeScope()) { output.copy_(input.view(output.shape)); }
        return Work.Done;
    }
}
