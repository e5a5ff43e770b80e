using System.Diagnostics;
using System.Text.Json.Nodes;
using Ckpt.Kit;
using Xunit;

namespace Ckpt.EndToEndTests;

/// <summary>The program as a process: what a shell sees.</summary>
public class ProgramTests
{
    [Fact]
    public void TheVersionIsPrintedOnStandardOutput()
    {
        var (code, output, error) = Run("--version");
        Assert.Equal((0, ""), (code, error));
        Assert.Matches(@"\Ackpt \d+\.\d+\.\d+\s*\z", output);
    }

    [Fact]
    [Clause("CLI-4.1")]
    public void FaultsEndWithTheirExitCode()
    {
        Assert.Equal(2, Run("ls").Code);
        Assert.Equal(2, Run("ls", "--nonsense").Code);
        Assert.Equal(3, Run("ls", "/nonexistent/folder").Code);
        Assert.Equal(4, Run("rlhf").Code);
    }

    [Fact]
    [Clause("CLI-4.2")]
    [Clause("CLI-4.3")]
    public void FaultsGoToStandardErrorAndAsJsonToStandardOutput()
    {
        var text = Run("ls", "/nonexistent/folder");
        Assert.Equal("", text.Out);
        Assert.StartsWith("ckpt: /nonexistent/folder: there is no such", text.Error, StringComparison.Ordinal);

        var json = JsonNode.Parse(Run("ls", "/nonexistent/folder", "--json").Out)!["error"]!;
        Assert.Equal(3, json["exit_code"]!.GetValue<int>());
    }

    [Theory]
    [InlineData("ckpt")]
    [InlineData("check")]
    [InlineData("run")]
    [InlineData(".ci/run")]
    public void TheScriptsAreValidBash(string script) => Assert.Equal((0, "", ""), Start("bash", "-n", Path.Combine(Repository.Root, script)));

    static (int Code, string Out, string Error) Run(params string[] arguments) =>
        Start("dotnet", ["exec", Path.Combine(AppContext.BaseDirectory, "ckpt.dll"), .. arguments]);

    static (int Code, string Out, string Error) Start(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output, error.GetAwaiter().GetResult());
    }
}
