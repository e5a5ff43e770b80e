using System.Text.Json.Nodes;

namespace Ckpt.Cli.Running;

/// <summary>What a conversion did to numbers, known once it has run: for people, and for the receipt.</summary>
/// <param name="Lines">One line a subject.</param>
/// <param name="Json">All of it, by subject.</param>
sealed record ConversionReceipt(IReadOnlyList<string> Lines, JsonObject Json);
