using System.Runtime.ExceptionServices;
using Ckpt.Kit;
using Ckpt.Torch;
using Ckpt.Torch.Distributed;
using Xunit;
using static Ckpt.Torch.torch;

namespace Ckpt.TorchTests;

/// <summary>Members are threads of one process: each has a store connection and a group of its own, as processes have.</summary>
[NoLeaks]
public sealed class ProcessGroupTests
{
    static readonly TimeSpan s_timeout = TimeSpan.FromSeconds(60);

    [TorchFact]
    public void EveryMemberGetsTheSum() => Each(3, group =>
    {
        foreach (var type in new[] { ScalarType.Float32, ScalarType.Float64, ScalarType.BFloat16, ScalarType.Float16, ScalarType.Int64, ScalarType.Int32, ScalarType.Byte })
        {
            using var scope = NewDisposeScope();
            var t = tensor([1f, 10, 20]).to(type) * (group.Rank + 1);
            group.all_reduce(t);
            Assert.Equal(type, t.dtype);
            Assert.Equal([6f, 60, 120], t.to(ScalarType.Float32).ToArray<float>());
        }
    });

    [TorchFact]
    public void ReductionsAreNamed() => Each(2, group =>
    {
        using var scope = NewDisposeScope();
        float Reduced(ReduceOp op)
        {
            var t = tensor([group.Rank == 0 ? 3f : 5f]);
            group.all_reduce(t, op);
            return t.item<float>();
        }
        Assert.Equal(8, Reduced(ReduceOp.SUM));
        Assert.Equal(4, Reduced(ReduceOp.AVG));
        Assert.Equal(15, Reduced(ReduceOp.PRODUCT));
        Assert.Equal(3, Reduced(ReduceOp.MIN));
        Assert.Equal(5, Reduced(ReduceOp.MAX));
    });

    [TorchFact]
    public void WhatIsAddedUpInBfloat16IsRoundedOnce() => Each(3, group =>
    {
        using var scope = NewDisposeScope();
        // 256 + 1 is 256 in bfloat16, whose steps are 2 there: three roundings would say 256, one says 258.
        var t = full([1], group.Rank == 0 ? 256 : 1, ScalarType.BFloat16);
        group.all_reduce(t);
        Assert.Equal(258f, t.item<float>());
    });

    [TorchFact]
    public void LayoutsOfTensorsDoNotMatter() => Each(2, group =>
    {
        using var scope = NewDisposeScope();
        var t = tensor([1f, 2, 3, 4, 5, 6], [2, 3]) * (group.Rank + 1);
        group.all_reduce(t.t());
        Assert.Equal([3f, 6, 9, 12, 15, 18], t.ToArray<float>());
        var column = zeros([3, 2], ScalarType.BFloat16);
        if (group.Rank == 1) { column.fill_(7); }
        group.broadcast(column.narrow(1, 0, 1), 1);
        Assert.Equal(group.Rank == 1 ? [7f, 7, 7, 7, 7, 7] : [7f, 0, 7, 0, 7, 0], column.to(ScalarType.Float32).ToArray<float>());
    });

    [TorchFact]
    public void PartsAreGatheredByRank() => Each(3, group =>
    {
        foreach (var type in new[] { ScalarType.Float32, ScalarType.BFloat16, ScalarType.Int64, ScalarType.Bool })
        {
            using var scope = NewDisposeScope();
            var all = zeros([6], type);
            group.all_gather_into_tensor(all, full([2], group.Rank == 1 ? 1 : 0, type));
            Assert.Equal([0f, 0, 1, 1, 0, 0], all.to(ScalarType.Float32).ToArray<float>());
        }
    });

    [TorchFact]
    public void EachGetsItsPartOfTheSum() => Each(3, group =>
    {
        using var scope = NewDisposeScope();
        var own = zeros([2]);
        var whole = arange(6.0) * (group.Rank + 1);
        group.reduce_scatter_tensor(own, whole);
        Assert.Equal([6f * 2 * group.Rank, 6f * ((2 * group.Rank) + 1)], own.ToArray<float>());
        Assert.Equal(5f * (group.Rank + 1), whole[5].item<float>());
        group.reduce_scatter_tensor(own, whole, ReduceOp.AVG);
        Assert.Equal([2f * 2 * group.Rank, 2f * ((2 * group.Rank) + 1)], own.ToArray<float>());
    });

    [TorchFact]
    public void PartsAreExchanged() => Each(2, group =>
    {
        using var scope = NewDisposeScope();
        var output = zeros([4]);
        group.all_to_all_single(output, arange(4.0) + (10 * group.Rank));
        Assert.Equal(group.Rank == 0 ? [0f, 1, 10, 11] : [2f, 3, 12, 13], output.ToArray<float>());
    });

    [TorchFact]
    public void OneSendsAndOneReceives() => Each(2, group =>
    {
        using var scope = NewDisposeScope();
        var t = zeros([2], ScalarType.BFloat16);
        if (group.Rank == 0) { group.send(t + 3, to: 1); }
        else { group.recv(t, from: 0); }
        Assert.Equal(group.Rank * 3f, t[0].item<float>());
    });

    [TorchFact]
    public void WorkGoesOnWhileOthersDo() => Each(2, group =>
    {
        using var scope = NewDisposeScope();
        var first = ones([1000]);
        var second = ones([1000], ScalarType.BFloat16);
        using var a = group.all_reduce(first, async_op: true);
        using var b = group.all_reduce(second, async_op: true);
        b.Wait();
        a.Wait();
        a.Wait();
        Assert.Equal(2000f, first.sum().item<float>());
        Assert.Equal(2000f, second.to(ScalarType.Float32).sum().item<float>());
    });

    [TorchFact]
    public void GradientsAreReducedInPlace() => Each(2, group =>
    {
        using var scope = NewDisposeScope();
        var x = (ones([2]) * (group.Rank + 1)).detach().requires_grad_();
        (x * x).sum().backward();
        group.all_reduce(x.grad!);
        Assert.Equal([6f, 6], x.grad!.ToArray<float>());
        group.broadcast(x, 1);
        Assert.Equal([2f, 2], x.ToArray<float>());
        group.barrier();
    });

    [TorchFact]
    public void SizesThatDoNotFitAreRefused() => Each(2, group =>
    {
        using var scope = NewDisposeScope();
        Assert.Throws<ArgumentException>(() => group.all_gather_into_tensor(zeros([3]), zeros([2])));
        Assert.Throws<ArgumentException>(() => group.reduce_scatter_tensor(zeros([3]), zeros([2])));
        Assert.Throws<ArgumentException>(() => group.all_to_all_single(zeros([3]), zeros([3])));
    });

    [TorchFact]
    public void AMemberThatDoesNotComeIsAnError()
    {
        using var store = new HashStore(TimeSpan.FromMilliseconds(200));
        Assert.Throws<TorchException>(() => ProcessGroup.Gloo(store, "alone", 0, 2, TimeSpan.FromMilliseconds(200)));
        Assert.Throws<ArgumentOutOfRangeException>(() => ProcessGroup.Gloo(store, "alone", 2, 2, s_timeout));
    }

    [TorchFact]
    public void AMemberThatGoesAwayIsAnError() => Each(2, group =>
    {
        using var t = ones([1]);
        group.all_reduce(t);
        if (group.Rank == 1)
        {
            group.Dispose();
            return;
        }
        Assert.Throws<TorchException>(() => group.all_reduce(t));
    }, atTheEnd: _ => { });

    [TorchFact]
    public void AServerThatIsNotThereIsAnError()
    {
        int port;
        using (var server = new TcpStore("127.0.0.1", 0, 1, isServer: true, s_timeout)) { port = server.Port; }
        Assert.Throws<TorchException>(() => new TcpStore("127.0.0.1", port, 2, isServer: false, TimeSpan.FromMilliseconds(300)));
        Assert.Throws<ArgumentOutOfRangeException>(() => new TcpStore("127.0.0.1", 65536, 2, isServer: false, s_timeout));
    }

    [TorchFact]
    public void StoresHoldWhatWasSet()
    {
        using var folder = new TemporaryFolder();
        using var server = new TcpStore("127.0.0.1", 0, 2, isServer: true, s_timeout);
        using var client = new TcpStore("127.0.0.1", server.Port, 2, isServer: false, s_timeout);
        using var file = new FileStore(Path.Combine(folder.Path, "store"), 1);
        using var memory = new HashStore();
        client.Set("key", [1, 2, 3]);
        Assert.Equal([1, 2, 3], server.Get("key"));
        foreach (var store in new Store[] { client, file, memory })
        {
            store.Set("a", [9]);
            Assert.Equal([9], store.Get("a"));
            Assert.Equal(2, store.Add("n", 2));
            Assert.Equal(5, store.Add("n", 3));
            store.Wait("a", s_timeout);
            Assert.Throws<TorchException>(() => store.Wait("never", TimeSpan.FromMilliseconds(20)));
        }
    }

    [TorchFact]
    public void GroupsMeetInAFile()
    {
        using var folder = new TemporaryFolder();
        var path = Path.Combine(folder.Path, "store");
        Each(2, rank => new FileStore(path, 2, s_timeout), group =>
        {
            using var t = ones([1]);
            group.all_reduce(t);
            Assert.Equal(2f, t.item<float>());
        });
    }

    static void Each(int size, Action<ProcessGroup> body, Action<ProcessGroup>? atTheEnd = null)
    {
        using var server = new TcpStore("127.0.0.1", 0, size, isServer: true, s_timeout);
        Each(size, _ => new TcpStore("127.0.0.1", server.Port, size, isServer: false, s_timeout), body, atTheEnd);
    }

    static void Each(int size, Func<int, Store> open, Action<ProcessGroup> body, Action<ProcessGroup>? atTheEnd = null)
    {
        var failures = new Exception?[size];
        var threads = Enumerable.Range(0, size).Select(rank => new Thread(() =>
        {
            try
            {
                using var store = open(rank);
                using var group = ProcessGroup.Gloo(store, "test", rank, size, s_timeout);
                body(group);
                if (atTheEnd is null) { group.barrier(); }
                else { atTheEnd(group); }
            }
            catch (Exception e)
            {
                failures[rank] = e;
            }
        })).ToArray();
        foreach (var thread in threads) { thread.Start(); }
        foreach (var thread in threads) { thread.Join(); }
        if (failures.FirstOrDefault(f => f is not null) is { } failure) { ExceptionDispatchInfo.Throw(failure); }
    }
}
