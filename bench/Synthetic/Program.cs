// Makes a Hugging Face folder of noise in the shape of any family's config.json:
//   dotnet run -c Release --project bench/Synthetic -- CONFIG.json OUTPUT [--hollow]
// --hollow writes headers and leaves the data holes, which take no room: for planning with models that no disk here holds.
using Ckpt.Bench;
using Ckpt.Formats.Safetensors;
using Ckpt.Formats.Tensors;
using Ckpt.Models.Bridge;
using Ckpt.Models.Configs;
using Ckpt.Sharding.Maps;
using Ckpt.Sharding.Plans;
using Ckpt.Sharding.Running;

if (args.Length is not (2 or 3) || (args.Length == 3 && args[2] != "--hollow"))
{
    Console.Error.WriteLine("usage: Synthetic CONFIG.json OUTPUT [--hollow]");
    return 2;
}
var text = File.ReadAllBytes(args[0]);
var config = HfConfig.Parse(text, args[0]);
var names = BridgeCompiler.Compile(config.Family, config.Model, new BridgeOptions()).Left.Tensors;
using var source = new NoiseCheckpoint(names);
var layout = new SafetensorsWriter().LayOut([.. names.Select(static t => TensorTarget.Whole(t.Name, DType.BF16, t.Shape))]);
if (args.Length == 3)
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
