// Makes a Hugging Face folder of noise in the shape of any family's config.json:
//   dotnet run -c Release --project bench/Synthetic -- CONFIG.json OUTPUT [--hollow] [--max_shard_bytes N]
// --hollow writes headers and leaves the data holes, which take no room: for planning with models that no disk here holds.
using System.Globalization;
using Ckpt.Bench;
using Ckpt.Formats.Safetensors;
using Ckpt.Formats.Tensors;
using Ckpt.Models.Bridge;
using Ckpt.Models.Configs;
using Ckpt.Sharding.Maps;
using Ckpt.Sharding.Plans;
using Ckpt.Sharding.Running;

var isHollow = args.Contains("--hollow");
var flags = args.Skip(2).Where(static a => a != "--hollow").ToArray();
var shard = new SafetensorsWriterOptions().MaxShardBytes;
if (args.Length < 2 || flags is not ([] or ["--max_shard_bytes", _])
    || (flags.Length == 2 && !long.TryParse(flags[1], NumberStyles.None, CultureInfo.InvariantCulture, out shard)))
{
    Console.Error.WriteLine("usage: Synthetic CONFIG.json OUTPUT [--hollow] [--max_shard_bytes N]");
    return 2;
}
var text = File.ReadAllBytes(args[0]);
var config = HfConfig.Parse(text, args[0]);
var names = BridgeCompiler.Compile(config.Family, config.Model, new BridgeOptions()).Left.Tensors;
using var source = new NoiseCheckpoint(names);
var layout = new SafetensorsWriter(new SafetensorsWriterOptions { MaxShardBytes = shard }).LayOut([.. names.Select(static t => TensorTarget.Whole(t.Name, DType.BF16, t.Shape))]);
if (isHollow)
{
    Hollow.Write(layout, args[1]);
    File.WriteAllBytes(Path.Combine(args[1], "config.json"), text);
    return 0;
}
var plan = CopyPlanner.Plan(source.Tensors, TensorMap.Identity(names), layout);
var options = new RunOptions { Restart = true };
using var output = PartialOutput.Open(args[1], PlanHash.Of(plan, "noise"), options);
CopyRunner.Run(plan, source, output, options, new NoProgress(), CancellationToken.None);
OutputFinisher.Write(output, [.. layout.Closing, new SmallFile("config.json", text)]);
output.Publish();
Console.WriteLine($"{args[1]}: {names.Count} tensors, {plan.Ledger.BytesWritten:N0} bytes");
return 0;
