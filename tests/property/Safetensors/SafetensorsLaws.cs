using System.Buffers.Binary;
using System.Text;
using Ckpt.Formats;
using Ckpt.Formats.IO;
using Ckpt.Formats.Safetensors;
using Ckpt.Formats.Tensors;
using Ckpt.Kit;
using FsCheck.Fluent;
using Xunit;

namespace Ckpt.PropertyTests.Safetensors;

/// <summary>What holds for every set of tensors, and for every file that something happened to.</summary>
public sealed class SafetensorsLaws
{
    static readonly string[] s_tokens =
    [
        "{", "}", "[", "]", ",", ":", "\"", "\\", "null", "true", "0", "1", "-1", "-0", "1.0", "1e1", "18446744073709551615", "18446744073709551616", "\"U8\"", "\"dtype\"",
        "\"shape\":[1],", "\"x\":1,", "\"data_offsets\":[0,0],", "\\ud800", "\\u0061", " ", "\t", "é", "\"__metadata__\":{},", "\"t\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]},",
    ];

    [Fact, Clause("SFT-3.7"), Clause("SFT-3.8"), Clause("SFT-2.14")]
    public void WhatIsWrittenIsRead() => Law.Holds(TensorSet.Any, set =>
    {
        using var folder = new TemporaryFolder();
        LayoutFiller.Write(set.Layout(), set.Bytes, folder.Path);
        using var reader = SafetensorsReader.Open(folder.Path);
        if (reader.Tensors.Count != set.Targets.Count) { return false; }
        var wanted = set.Targets.Zip(set.Data).ToDictionary(e => e.First.Name, e => (e.First.DType, e.First.Shape, Bytes: e.Second));
        foreach (var tensor in reader.Tensors)
        {
            var (dtype, shape, bytes) = wanted[tensor.Name];
            if (tensor.DType != dtype || tensor.Shape != shape || tensor.ByteLength != bytes.Length || !Bytes(reader, tensor).SequenceEqual(bytes)) { return false; }
        }
        return reader.Warnings.Count == 0;
    }, count: 400);

    [Fact, Clause("SFT-4.10")]
    public void EveryTensorIsAlignedToItsElements() => Law.Holds(TensorSet.Any, set =>
        set.Layout().Files.All(file => file.Data.All(range => range.Offset % Math.Max(1, set.Targets[range.Tensor].DType.ByteSize()) == 0)));

    [Fact, Clause("SFT-4.10")]
    public void TheOrderGivenDoesNotShowInOneFile() => Law.Holds(TensorSet.OfOneFile, set =>
    {
        var reversed = set with { Targets = [.. set.Targets.Reverse()], Data = [.. set.Data.Reverse()] };
        return reversed.OneFile().SequenceEqual(set.OneFile());
    });

    [Fact, Clause("SFT-4.11")]
    public void FilesHoldTheTensorsInOrderUpToTheLimit() => Law.Holds(TensorSet.Any, set =>
    {
        var limit = set.Options.MaxShardBytes;
        var files = set.Layout().Files.Select(f => f.Data.Select(d => d.Tensor).Order().ToList()).ToList();
        var sizes = files.ConvertAll(f => f.Sum(t => (long)set.Data[t].Length));
        var inOrder = files.SelectMany(f => f).SequenceEqual(Enumerable.Range(0, set.Data.Count).Where(t => set.Data[t].Length > 0));
        var within = files.Zip(sizes).All(f => f.Second <= limit || f.First.Count == 1);
        var full = Enumerable.Range(1, files.Count - 1).All(k => (UInt128)sizes[k - 1] + (UInt128)set.Data[files[k][0]].Length > (UInt128)limit);
        return inOrder && within && full;
    }, count: 400);

    [Fact, Clause("SFT-1.1"), Clause("SFT-1.3"), Clause("SFT-3.5")]
    public void EveryCutFileIsRefused() => Law.Holds(
        from set in TensorSet.OfOneFile from part in Gen.Choose(0, 9999) select (set, part),
        c =>
        {
            var file = c.set.OneFile();
            return Read(file[..(file.Length * c.part / 10000)]) is null;
        },
        count: 1000);

    [Fact, Clause("SFT-3.6")]
    public void EveryFileWithOneByteMoreIsRefused() => Law.Holds(TensorSet.OfOneFile, set => Read([.. set.OneFile(), 0]) is null);

    [Fact]
    public void AFileWithOneByteChangedIsRefusedOrMeansWhatAPlainCheckerSays() => Law.Holds(
        from set in TensorSet.OfOneFile from place in Gen.Choose(0, int.MaxValue - 1) from value in Gen.Choose(0, 255) select (set, place, value),
        c =>
        {
            var file = c.set.OneFile();
            var header = 8 + (int)BinaryPrimitives.ReadInt64LittleEndian(file);
            file[c.place % header] = (byte)c.value; // data says nothing about the header
            return Same(Read(file), SlowHeaderChecker.Tensors(file));
        },
        count: 4000);

    [Fact]
    public void AHeaderWithAPieceReplacedIsRefusedOrMeansWhatAPlainCheckerSays() => Law.Holds(
        from set in TensorSet.OfOneFile from place in Gen.Choose(0, int.MaxValue - 1) from cut in Gen.Choose(0, 4) from token in Gen.Elements(s_tokens) select (set, place, cut, token),
        c =>
        {
            var file = c.set.OneFile();
            var header = (int)BinaryPrimitives.ReadInt64LittleEndian(file);
            var at = 8 + (c.place % (header + 1));
            var to = Math.Min(at + c.cut, 8 + header);
            byte[] changed = [.. file[..at], .. Encoding.UTF8.GetBytes(c.token), .. file[to..]];
            BinaryPrimitives.WriteInt64LittleEndian(changed, header + changed.Length - file.Length);
            return Same(Read(changed), SlowHeaderChecker.Tensors(changed));
        },
        count: 4000);

    [Fact]
    public void TheCheckerAcceptsWhatTheWriterWrites() => Law.Holds(TensorSet.OfOneFile, set => SlowHeaderChecker.Tensors(set.OneFile())?.Count == set.Targets.Count);

    [Fact]
    public void ReadingAHeaderTakesASmallMultipleOfItsBytes()
    {
        // 100,000 tensors of one byte in 6.7 MB: the densest that a writer might mean.
        var json = new StringBuilder("{");
        for (var i = 0; i < 100_000; i++) { json.Append(null, $"{(i == 0 ? "" : ",")}\"{i}\":{{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[{i},{i + 1}]}}"); }
        var header = Encoding.UTF8.GetBytes(json.Append('}').ToString());

        var before = GC.GetAllocatedBytesForCurrentThread();
        var read = SafetensorsParser.Parse(header, 8 + header.Length + 100_000, "dense");
        var taken = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.Equal(100_000, read.Tensors.Count);
        Assert.True(taken < 8 * header.Length, $"{taken} bytes for a header of {header.Length}");
    }

    /// <summary>What the reader makes of a file, or null where it refuses; any exception but ours goes through.</summary>
    static List<string>? Read(byte[] file)
    {
        try
        {
            return [.. SafetensorsReader.ReadHeader(new MemoryByteSource("case", file)).Tensors.Select(t => $"{t.Name} {t.DType} {t.Shape} {t.Begin} {t.End}")];
        }
        catch (CheckpointException) { return null; }
    }

    static bool Same(List<string>? read, List<string>? checkedTensors) =>
        read is null ? checkedTensors is null : checkedTensors is not null && read.SequenceEqual(checkedTensors);

    static byte[] Bytes(SafetensorsReader reader, TensorInfo tensor)
    {
        if (tensor.Boxes.Count == 0) { return []; }
        var payload = reader.Locate(tensor, 0);
        var bytes = new byte[tensor.ByteLength];
        payload.Source.ReadExactly(payload.Offset, bytes);
        return payload.Strides.SequenceEqual(tensor.Shape.RowMajorStrides()) && tensor.Boxes[0].Box == Box.Whole(tensor.Shape) ? bytes : [];
    }
}
