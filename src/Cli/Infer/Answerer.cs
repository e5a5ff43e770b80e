using System.Text.Json.Nodes;
using Ckpt.Data.Tokenizers;
using Ckpt.Inference;
using Ckpt.Inference.Generation;

namespace Ckpt.Cli.Infer;

/// <summary>Asks a model, one conversation after the other or several at once.</summary>
sealed class Answerer : IDisposable
{
    readonly Tokenizer _tokenizer;
    readonly ChatPrompts _prompts;
    readonly GenerationSession _session;
    readonly GenerationOptions _options;
    readonly AnswerEnd _end;
    readonly long _positions;
    readonly bool _isLimitAsked;
    int _asked;

    internal Answerer(RunnableModel model, Tokenizer tokenizer, ChatPrompts prompts, InferArguments arguments, CancellationToken cancel)
    {
        (_tokenizer, _prompts) = (tokenizer, prompts);
        _session = new GenerationSession(model.Forward, model.Weights, new ForwardOptions { MaxMemory = arguments.MaxMemory, Threads = arguments.Threads });
        var defaults = model.ReadDefaults();
        _end = AnswerEnd.Of(tokenizer, defaults.EosIds, [.. prompts.StopTexts, .. arguments.StopWords]);
        _options = DrawingRules.Of(arguments, defaults) with { StopIds = _end.Ids, Cancel = cancel };
        (_positions, _isLimitAsked) = (model.Checkpoint.Side.Config.Model.MaxPositions, arguments.MaxNewTokens is not null);
    }

    /// <summary>How tokens are chosen.</summary>
    internal GenerationOptions Options => _options;

    /// <summary>The answer to a conversation; what it shares with the one before is not computed again.</summary>
    /// <param name="row">The conversation.</param>
    /// <param name="onText">Given the text as it comes, from the first token on.</param>
    internal Answer Ask(JsonObject row, Action<string> onText)
    {
        var prompt = _prompts.Encode(row, "the conversation");
        var text = NewText();
        if (_prompts.Opening.Length > 0) { onText(_prompts.Opening); }
        var made = _session.Continue(prompt, Limited(prompt.Length) with
        {
            FirstSequence = _asked++,
            OnToken = (_, token) =>
            {
                if (text.Push(token) is { Length: > 0 } more) { onText(more); }
            },
            Ends = (_, _) => text.HasStopped,
        });
        if (text.Finish() is { Length: > 0 } rest) { onText(rest); }
        return new Answer(text.Text, prompt.Length, made.Length, text.HasStopped);
    }

    /// <summary>The answers to conversations, computed several at a time.</summary>
    /// <param name="rows">The conversations.</param>
    /// <param name="batch">How many at a time.</param>
    /// <param name="onAnswer">Given each answer as it is there, in any order.</param>
    internal void AskAll(IReadOnlyList<JsonObject> rows, int batch, Action<int, Answer> onAnswer)
    {
        var prompts = rows.Select((row, index) => _prompts.Encode(row, $"row {index + 1}")).ToArray();
        var texts = rows.Select(_ => NewText()).ToArray();
        _session.Generate(prompts, Limited(prompts.Length == 0 ? 0 : prompts.Max(static prompt => prompt.Length)) with
        {
            FirstSequence = _asked,
            MaxBatch = batch,
            OnToken = (index, token) => texts[index].Push(token),
            Ends = (index, _) => texts[index].HasStopped,
            OnFinished = (index, made) =>
            {
                texts[index].Finish();
                onAnswer(index, new Answer(texts[index].Text, prompts[index].Length, made.Length, texts[index].HasStopped));
            },
        });
        _asked += rows.Count;
    }

    /// <summary>Forgets the conversation before.</summary>
    internal void Forget() => _session.Forget();

    public void Dispose() => _session.Dispose();

    AnswerText NewText() => new(_tokenizer, _end.Ids, _end.Texts, _prompts.Opening);

    // Where no number is asked for, no more than the model has positions.
    GenerationOptions Limited(int prompt) => _isLimitAsked || _positions <= prompt ? _options : _options with { MaxNewTokens = (int)Math.Min(_options.MaxNewTokens, _positions - prompt) };
}
