using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Ckpt.Bench;
using Ckpt.Data.Tokenizers;

// Tokens text ROOT BYTES FILE: writes a mixed text, its documents separated by U+0000.
// Tokens TOKENIZER FILE [RUNS]: encodes it with one thread, document by document, several times over; rates are of processor time.
if (args[0] == "text")
{
    File.WriteAllText(args[3], string.Join('\0', MixedText.Documents(args[1], long.Parse(args[2], CultureInfo.InvariantCulture))));
    return;
}
var start = Stopwatch.GetTimestamp();
var tokenizer = Tokenizer.Load(args[0]);
var load = Stopwatch.GetElapsedTime(start);
var bytes = new FileInfo(args[1]).Length;
var documents = File.ReadAllText(args[1], Encoding.UTF8).Split('\0');
var runs = args.Length > 2 ? int.Parse(args[2], CultureInfo.InvariantCulture) : 5;
Say($"{bytes} bytes in {documents.Length} documents; loaded in {load.TotalMilliseconds:F0} ms");
var ids = new List<int>();
for (var run = 0; run < runs; run++)
{
    ids.Clear();
    var before = GC.GetAllocatedBytesForCurrentThread();
    var cpu = Environment.CpuUsage.TotalTime;
    foreach (var document in documents) { tokenizer.EncodeIds(document, ids); }
    var time = Environment.CpuUsage.TotalTime - cpu;
    Say($"run {run}: {bytes / time.TotalSeconds / 1e6:F1} MB/s, {ids.Count / time.TotalSeconds / 1e6:F2} M tokens/s, {(GC.GetAllocatedBytesForCurrentThread() - before) / 1e6:F1} MB allocated");
}
Say($"{ids.Count} tokens, SHA-256 of the ids {Convert.ToHexStringLower(SHA256.HashData(MemoryMarshal.AsBytes(CollectionsMarshal.AsSpan(ids))))[..16]}");

static void Say(FormattableString line) => Console.WriteLine(line.ToString(CultureInfo.InvariantCulture));
