using Ckpt.Formats;
using Ckpt.Formats.Hub;
using Ckpt.Kit;
using Xunit;

namespace Ckpt.UnitTests.Formats;

public sealed class HubCacheTests : IDisposable
{
    const string Commit = "0123456789abcdef0123456789abcdef01234567";
    const string Other = "0123456fedcba98765432100123456789abcdef0";

    readonly TemporaryFolder _home = new();
    readonly Dictionary<string, string> _variables = [];

    public void Dispose() => _home.Dispose();

    [Fact]
    [Clause("CLI-5.1")]
    public void APathComesFirst()
    {
        var folder = Directory.CreateDirectory(_home["Qwen"]).FullName;
        Assert.Equal(folder, Cache().Find(folder));
        var fault = Assert.Throws<FileNotFoundException>(() => Cache().Find(_home["gone/deep/er"]));
        Assert.Equal(_home["gone/deep/er"], fault.FileName);
    }

    [Theory]
    [Clause("CLI-5.2")]
    [InlineData("", ".cache/huggingface/hub")]
    [InlineData("XDG_CACHE_HOME=~/xdg", "xdg/huggingface/hub")]
    [InlineData("HF_HOME=~/hf XDG_CACHE_HOME=~/xdg", "hf/hub")]
    [InlineData("HUGGINGFACE_HUB_CACHE=~/old HF_HOME=~/hf", "old")]
    [InlineData("HF_HUB_CACHE=~/new HUGGINGFACE_HUB_CACHE=~/old HF_HOME=~/hf", "new")]
    public void TheHuggingFaceCacheIsWhereItsVariablesSay(string variables, string root)
    {
        foreach (var pair in variables.Split(' ', StringSplitOptions.RemoveEmptyEntries)) { _variables[pair.Split('=')[0]] = pair.Split('=')[1]; }
        var snapshot = Snapshot(root, "models--Qwen--Qwen3-8B", Commit);
        Ref(root, "models--Qwen--Qwen3-8B", "main", Commit + "\n");
        Assert.Equal(snapshot, Cache().Find("Qwen/Qwen3-8B"));
    }

    [Theory]
    [Clause("CLI-5.3")]
    [InlineData("Qwen/Q", null, Commit)]
    [InlineData("Qwen/Q@v1", null, Other)]
    [InlineData("Qwen/Q", "v1", Other)]
    [InlineData("Qwen/Q@main", "v1", Other)]
    [InlineData("Qwen/Q@refs/pr/1", null, Other)]
    [InlineData("Qwen/Q@" + Other, null, Other)]
    [InlineData("Qwen/Q@01234567", null, Commit)]
    public void ARevisionIsABranchATagOrACommit(string name, string? revision, string commit)
    {
        const string Model = "models--Qwen--Q";
        Snapshot(DefaultRoot, Model, Commit);
        Snapshot(DefaultRoot, Model, Other);
        Ref(DefaultRoot, Model, "main", Commit);
        Ref(DefaultRoot, Model, "v1", Other);
        Ref(DefaultRoot, Model, "refs/pr/1", Other);
        Assert.Equal(commit, Path.GetFileName(Cache().Find(name, revision)));
    }

    [Theory]
    [Clause("CLI-5.3")]
    [InlineData("Qwen/Q")] // two snapshots, and no refs/main
    [InlineData("Qwen/Q@v2")]
    [InlineData("Qwen/Q@0123456")] // the start of both
    [InlineData("Qwen/Q@01234")]
    public void ARevisionThatIsNotThereIsSaid(string name)
    {
        Snapshot(DefaultRoot, "models--Qwen--Q", Commit);
        Snapshot(DefaultRoot, "models--Qwen--Q", Other);
        Assert.Contains(Commit, Assert.Throws<FileNotFoundException>(() => Cache().Find(name)).Message, StringComparison.Ordinal);
    }

    [Fact]
    [Clause("CLI-5.3")]
    public void TheOnlySnapshotNeedsNoRef()
    {
        var snapshot = Snapshot(DefaultRoot, "models--gpt2", Commit);
        Assert.Equal(snapshot, Cache().Find("gpt2"));
    }

    [Theory]
    [Clause("CLI-5.3")]
    [InlineData("../../../etc")]
    [InlineData("")]
    public void ARefThatHoldsNoCommitIsRefused(string text)
    {
        Snapshot(DefaultRoot, "models--Qwen--Q", Commit);
        Ref(DefaultRoot, "models--Qwen--Q", "main", text);
        Assert.Equal("CLI-5.3", Assert.Throws<MalformedCheckpointException>(() => Cache().Find("Qwen/Q")).Clause);
    }

    [Theory]
    [Clause("CLI-5.4")]
    [InlineData("", ".cache/modelscope/hub/models/Qwen/Qwen2___5-7B")]
    [InlineData("", ".cache/modelscope/hub/Qwen/Qwen2___5-7B")]
    [InlineData("~/ms", "ms/models/Qwen/Qwen2___5-7B")]
    [InlineData("~/ms", "ms/hub/Qwen/Qwen2___5-7B")]
    public void ModelScopeIsLookedThrough(string variable, string folder)
    {
        if (variable.Length > 0) { _variables["MODELSCOPE_CACHE"] = variable; }
        Directory.CreateDirectory(_home[folder]);
        Assert.Equal(_home[folder], Cache().Find("Qwen/Qwen2.5-7B"));
        Assert.Contains(_home[folder], Assert.Throws<FileNotFoundException>(() => Cache().Find("Qwen/Qwen2.5-7B@v9")).Message, StringComparison.Ordinal);
    }

    [Fact]
    [Clause("CLI-5.5")]
    public void WhatIsNotDownloadedSaysHowTo()
    {
        var message = Assert.Throws<FileNotFoundException>(() => Cache().Find("Qwen/Qwen3-8B@v1")).Message;
        Assert.Contains("hf download Qwen/Qwen3-8B --revision v1", message, StringComparison.Ordinal);
        Assert.Contains("modelscope download --model Qwen/Qwen3-8B", message, StringComparison.Ordinal);
    }

    [Fact]
    [Clause("CLI-5.6")]
    public void ALinkToNothingIsNamed()
    {
        var snapshot = Snapshot(DefaultRoot, "models--Qwen--Q", Commit);
        Directory.CreateDirectory(Path.Combine(snapshot, "../../blobs"));
        File.WriteAllText(Path.Combine(snapshot, "../../blobs/there"), "");
        File.CreateSymbolicLink(Path.Combine(snapshot, "model-00001-of-00002.safetensors"), "../../blobs/there");
        Assert.Equal(snapshot, Cache().Find("Qwen/Q"));

        File.CreateSymbolicLink(Path.Combine(snapshot, "model-00002-of-00002.safetensors"), "../../blobs/gone");
        AssertIncomplete("model-00002-of-00002.safetensors");
    }

    [Fact]
    [Clause("CLI-5.6")]
    public void AShardThatNobodyFetchedIsNamed()
    {
        var snapshot = Snapshot(DefaultRoot, "models--Qwen--Q", Commit);
        File.WriteAllText(Path.Combine(snapshot, "a.safetensors"), "");
        File.WriteAllText(Path.Combine(snapshot, "model.safetensors.index.json"), """{"weight_map":{"x":"a.safetensors","y":"b.safetensors","z":"b.safetensors"}}""");
        AssertIncomplete("b.safetensors");
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("{")]
    [InlineData("""{"weight_map":[1]}""")]
    [InlineData("""{"weight_map":{"x":7,"y":"../z","w":"\ud800"}}""")]
    public void ABrokenIndexIsLeftToTheReader(string json)
    {
        var snapshot = Snapshot(DefaultRoot, "models--Qwen--Q", Commit);
        File.WriteAllText(Path.Combine(snapshot, "model.safetensors.index.json"), json);
        Assert.Equal(snapshot, Cache().Find("Qwen/Q"));
    }

    [Fact]
    [Clause("CLI-5.6")]
    public void AnInterruptedModelScopeDownloadIsNamed()
    {
        Directory.CreateDirectory(_home[".cache/modelscope/hub/models/._____temp/Qwen/Q"]);
        AssertIncomplete("interrupted");
    }

    [Theory]
    [Clause("CLI-5.7")]
    [InlineData("../secret")]
    [InlineData("a/b/c")]
    [InlineData("Qwen/a b")]
    [InlineData(".hidden/x")]
    [InlineData("Qwen/Q@../../x")]
    [InlineData("Qwen/Q@")]
    [InlineData("/Qwen")]
    [InlineData("Qwen/")]
    [InlineData("")]
    public void ANameDoesNotLeaveTheCache(string name) => Assert.DoesNotContain("hf download", Assert.Throws<FileNotFoundException>(() => Cache().Find(name)).Message, StringComparison.Ordinal);

    static string DefaultRoot => ".cache/huggingface/hub";

    HubCache Cache() => new(new HubEnvironment(name => _variables.GetValueOrDefault(name), _home.Path));

    string Snapshot(string root, string model, string commit) => Directory.CreateDirectory(_home[$"{root}/{model}/snapshots/{commit}"]).FullName;

    void Ref(string root, string model, string name, string text)
    {
        var file = _home[$"{root}/{model}/refs/{name}"];
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, text);
    }

    void AssertIncomplete(string names)
    {
        var fault = Assert.Throws<MalformedCheckpointException>(() => Cache().Find("Qwen/Q"));
        Assert.Equal("CLI-5.6", fault.Clause);
        Assert.Contains(names, fault.Message, StringComparison.Ordinal);
    }
}
