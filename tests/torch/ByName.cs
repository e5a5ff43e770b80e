using Xunit.Abstractions;
using Xunit.Sdk;

namespace Ckpt.TorchTests;

/// <summary>Tests in the order of their names.</summary>
public sealed class ByName : ITestCaseOrderer
{
    public IEnumerable<TTestCase> OrderTestCases<TTestCase>(IEnumerable<TTestCase> testCases) where TTestCase : ITestCase
        => testCases.OrderBy(c => c.TestMethod.Method.Name, StringComparer.Ordinal);
}
