using Ckpt.Kit;
using Ckpt.Models.Bridge;
using Ckpt.Models.Configs;
using Ckpt.Sharding.Maps;

namespace Ckpt.UnitTests.Models;

/// <summary>Configs that several tests start from.</summary>
static class TestModels
{
    internal static HfConfig Read(string name) => HfConfig.Parse(File.ReadAllBytes(Repository.Vector("config", "accept", name + ".json")), name);

    internal static TensorMap Map(HfConfig config, BridgeOptions? options = null) => BridgeCompiler.Compile(config.Family, config.Model, options ?? new BridgeOptions());

    internal static TensorMap Map(string name, BridgeOptions? options = null) => Map(Read(name), options);
}
