using Xunit;

namespace Ckpt.PropertyTests;

static class Faults
{
    /// <summary>Fails with all of the faults, where a collection assertion would show five.</summary>
    internal static void None(IEnumerable<string> faults)
    {
        var all = faults.ToList();
        Assert.True(all.Count == 0, string.Join('\n', all));
    }
}
