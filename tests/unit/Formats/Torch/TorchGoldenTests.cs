using System.Security.Cryptography;
using Ckpt.Formats.Tensors;
using Ckpt.Formats.Torch;
using Ckpt.Kit;
using Xunit;

namespace Ckpt.UnitTests.Formats.Torch;

/// <summary>What real torch wrote, byte for byte: hex and SHA-256 values taken from torch 2.6.0 and 2.14.1.</summary>
public sealed class TorchGoldenTests
{
    const string FloatPickle =
        "800263746f7263682e5f7574696c730a5f72656275696c645f74656e736f725f76320a71002828580700000073746f72616765710163746f7263680a466c6f6174" +
        "53746f726167650a71025801000000307103580300000063707571044b06747105514b004b024b038671064b034b018671078963636f6c6c656374696f6e730a4f" +
        "726465726564446963740a71082952710974710a52710b2e";

    [Theory, Clause("TOR-4.1"), Clause("TOR-4.2"), Clause("TOR-4.3"), Clause("TOR-4.5")]
    [InlineData(TorchEra.UpTo26, "31c46feaa57f852c4c96d1c2439d7c6b08a60346267bba48e98576b34c057c4a")]
    [InlineData(TorchEra.From27, "bd622637ced8d4ed014b7c438eb26ceba72017558225be77c4f58f3a03333a5c")]
    public void FloatTensorIsWrittenAsTorchWritesIt(TorchEra era, string sha256)
    {
        var data = new byte[24];
        for (var i = 0; i < 6; i++) { BitConverter.TryWriteBytes(data.AsSpan(4 * i), (float)i); }
        Assert.Equal(sha256, Hash(TorchSave.ToBytes(TorchTensor.Node(DType.F32, new Shape(2, 3), "0", new TorchNames()), "archive", [data], era)));
    }

    [Theory, Clause("TOR-4.1"), Clause("TOR-4.5")]
    [InlineData(TorchEra.UpTo26, "8bbd0ac152d6372cd9979198cb316c73cf8a384950056a5af80d54550cc04864")]
    [InlineData(TorchEra.From27, "2c519fdc8463503089172be3630a08295b545c51d0ae4b4653c80669d6c72175")]
    public void BFloat16TensorIsWrittenAsTorchWritesIt(TorchEra era, string sha256)
    {
        var data = new byte[16];
        // bfloat16 is the upper half of a float.
        for (var i = 0; i < 8; i++) { BitConverter.TryWriteBytes(data.AsSpan(2 * i), (ushort)(BitConverter.SingleToUInt32Bits(i) >> 16)); }
        Assert.Equal(sha256, Hash(TorchSave.ToBytes(TorchTensor.Node(DType.BF16, new Shape(1, 2, 4), "0", new TorchNames()), "archive", [data], era)));
    }

    [Theory, Clause("TOR-4.1"), Clause("TOR-4.5")]
    [InlineData(TorchEra.UpTo26, "66767b038221736eaa8a5d01cebc4dcca0d9ce4af7b406d88c1465177cb1808a")]
    [InlineData(TorchEra.From27, "c20eda907b941627ef97d88277cdcf62b64d2461714332e47f0315ea70606dc0")]
    public void ObjectWithoutTensorsIsWrittenAsTorchWritesIt(TorchEra era, string sha256)
    {
        var list = new PickleList();
        list.Items.Add(PickleNone.Instance);
        Assert.Equal(sha256, Hash(TorchSave.ToBytes(list, "archive", null, era)));
    }

    [Fact, Clause("TOR-2.1")]
    public void PickleOfATensorIsWrittenAsCPythonWritesIt() =>
        Assert.Equal(FloatPickle, Convert.ToHexStringLower(PickleWriter.Write(TorchTensor.Node(DType.F32, new Shape(2, 3), "0", new TorchNames()), 2)));

    static string Hash(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));
}
