using System.Text;
using Ckpt.Formats.Safetensors;
using Ckpt.Kit;
using FsCheck.Fluent;
using Xunit;

namespace Ckpt.UnitTests.Formats.Safetensors;

public sealed class CodePointOrderTests
{
    [Fact, Clause("SFT-4.10")]
    public void TheOrderIsThatOfTheBytes()
    {
        string[] parts = ["", "a", "b", "é", "\ud7ff", "\ue000", "\uffff", "😀", "\U00010000", "\U0010FFFF"];
        var text = Gen.Select(Gen.ListOf(Gen.Elements(parts)), list => string.Concat(list));
        Law.Holds(
            from a in text from b in text select (a, b),
            c => Math.Sign(CodePointOrder.Instance.Compare(c.a, c.b)) == Math.Sign(Encoding.UTF8.GetBytes(c.a).AsSpan().SequenceCompareTo(Encoding.UTF8.GetBytes(c.b))),
            count: 1000);
    }
}
