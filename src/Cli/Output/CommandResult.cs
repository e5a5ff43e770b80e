using System.Text.Json.Nodes;

namespace Ckpt.Cli.Output;

/// <summary>What a command has to say, for programs and for people, and the exit code. The form that --json does not ask for may be empty.</summary>
sealed record CommandResult(int ExitCode, JsonObject Json, IEnumerable<string> Lines);
