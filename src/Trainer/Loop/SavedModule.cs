namespace Ckpt.Trainer.Loop;

/// <summary>How a module that is trained whole beside adapters is called in their checkpoints.</summary>
static class SavedModule
{
    const string Part = ".modules_to_save.default";

    /// <summary>The name of its parameter.</summary>
    internal static string NameOf(string parameter)
    {
        var dot = parameter.LastIndexOf('.');
        return dot < 0 ? parameter : string.Concat(parameter.AsSpan(0, dot), Part, parameter.AsSpan(dot));
    }
}
