namespace Ckpt.Models.Megatron.Optimizer;

/// <summary>The names by which optimizer states are known here, whatever way they are stored: those of <c>fully_reshardable</c>.</summary>
static class LogicalNames
{
    /// <summary>The state that holds the parameter itself in full precision.</summary>
    internal const string Param = "param";

    /// <summary>Its other name, in formats that are not of the distributed optimizer's newer kinds (STA-1.2).</summary>
    internal const string MasterParam = "fp32_param";

    internal static string Of(string state, string key) => $"optimizer.state.{(state == MasterParam ? Param : state)}.{key}";
}
