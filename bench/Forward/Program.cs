// Times the forward pass: dotnet run -c Release --project bench/Forward -- MODEL [PROMPT NEW RUNS MAX_MEMORY_MIB THREADS] [--cpu]
// Prints the memory's bandwidth and the processor's multiplications as this process sees them, then reading a prompt and making tokens, the best of
// several runs. --cpu counts processor time instead of the wall's, for machines that are shared.
using System.Diagnostics;
using System.Globalization;
using Ckpt.Bench;
using Ckpt.Inference;
using Ckpt.Inference.Descriptions;
using Ckpt.Inference.Generation;
using Ckpt.Inference.Weights;
using Ckpt.Models.Opening;

Clock.IsOfProcessor = args.Contains("--cpu");
var numbers = args.Skip(1).Where(static arg => arg != "--cpu").Select(static arg => int.Parse(arg, CultureInfo.InvariantCulture)).ToArray();
int Number(int index, int usual) => numbers.Length > index ? numbers[index] : usual;
var (prompt, made, runs, memory, threads) = (Number(0, 512), Number(1, 64), Number(2, 5), Number(3, 8192), Number(4, Environment.ProcessorCount));

var bandwidth = memory > 2048 ? Machine.ReadBandwidth(threads) : 0;
var peak = Machine.Multiplications(threads);
if (bandwidth > 0) { Say($"memory read {bandwidth / 1e9:F1} GB/s, float32 {peak / 1e9:F0} GFLOP/s, {threads} threads"); }

using var checkpoint = ModelCheckpoint.Open(args[0], new ModelOpenOptions());
var weights = new CheckpointWeights(checkpoint.Reader);
var model = ForwardModel.Of(checkpoint.Side.Config, weights);
var bytes = checkpoint.Reader.Tensors.Sum(static tensor => tensor.ByteLength);
using var session = new GenerationSession(model, weights, new ForwardOptions { MaxMemory = (long)memory << 20, Threads = threads });
Say($"{args[0]}: {bytes / 1e9:F2} GB");
var (bestRead, bestMade, first) = (double.MaxValue, double.MaxValue, 0.0);
for (var run = 0; run < runs; run++)
{
    var start = Clock.Now(threads);
    var read = 0.0;
    var ids = Enumerable.Range(0, prompt).Select(i => (i * 31) % model.Vocabulary).ToArray();
    session.Generate([ids], new GenerationOptions { MaxNewTokens = made + 1, OnToken = (_, _) => read = read == 0 ? Clock.Now(threads) - start : read });
    var all = Clock.Now(threads) - start;
    Say($"run {run}: {prompt} tokens read in {read:F3} s ({prompt / read:F0}/s), {made} made in {all - read:F3} s ({made / (all - read):F2}/s)");
    if (run == 0) { first = read; }
    (bestRead, bestMade) = (Math.Min(bestRead, read), Math.Min(bestMade, all - read));
}
// The embedding is looked up, and multiplied for the last token only.
var multiplications = 2.0 * prompt * ((bytes / 2.0) - ((double)model.Vocabulary * model.Hidden * (checkpoint.Side.Config.Model.TieWordEmbeddings ? 1 : 2)));
Say($"first read, weights from files: {first:F2} s");
Say($"best: {prompt / bestRead:F0} tokens/s read ({multiplications / bestRead / 1e9:F0} GFLOP/s of weights{(peak > 0 ? $", {100 * multiplications / bestRead / peak:F0} % of the processor" : "")}), {made / bestMade:F2} tokens/s made ({bytes * made / bestMade / 1e9:F1} GB/s of weights{(bandwidth > 0 ? $", {100 * bytes * made / bestMade / bandwidth:F0} % of the memory" : "")})");
Say($"{GC.CollectionCount(2)} collections, {GC.GetTotalPauseDuration().TotalMilliseconds:F0} ms");
Say($"peak RSS {Process.GetCurrentProcess().PeakWorkingSet64 / 1e6:F0} MB");

static void Say(FormattableString line) => Console.WriteLine(line.ToString(CultureInfo.InvariantCulture));
