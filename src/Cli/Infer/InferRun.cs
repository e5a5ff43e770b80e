using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Ckpt.Cli.Commands;
using Ckpt.Cli.Output;

namespace Ckpt.Cli.Infer;

/// <summary>A run of <c>infer</c>: opens the model, lets somebody ask, and says how fast it went.</summary>
sealed class InferRun(InferArguments arguments, CommandContext context, bool isJson)
{
    static readonly string s_line = new('-', 50);

    readonly JsonArray _results = [];
    readonly AnswerClock _clock = new();

    internal CommandResult Run()
    {
        using var model = RunnableModel.Open(arguments.Origin);
        var tokenizer = model.LoadTokenizer();
        var prompts = new ChatPrompts(tokenizer, arguments, TimeProvider.System.GetLocalNow().DateTime);
        foreach (var note in model.Notes) { context.Progress.Note("note: " + note); }
        if (prompts.IsPlain && arguments.UseChatTemplate is null) { context.Progress.Note("note: the tokenizer has no chat template: texts go to the model as they are; --template NAME takes one"); }
        using var answerer = new Answerer(model, tokenizer, prompts, arguments, context.Cancel);
        var path = arguments.ResultPath ?? (arguments.Questions.IsEmpty ? null : ResultWriter.DefaultPath(arguments.Origin, TimeProvider.System.GetLocalNow().DateTime));
        using var results = path is null ? null : new ResultWriter(path);
        if (arguments.Prompt is { } prompt) { AskOnce(answerer, prompt, results); }
        else if (arguments.Questions.IsEmpty) { Converse(answerer, prompts, results); }
        else { AskRows(answerer, results!); }
        if (results is not null) { context.Progress.Note($"results: {results.Path}"); }
        if (_clock.NewTokens > 0) { context.Progress.Note(_clock.Text); }
        return new CommandResult(ExitCode.Done, Json(path), []);
    }

    void AskOnce(Answerer answerer, string prompt, ResultWriter? results)
    {
        var question = new Question(new JsonObject { ["messages"] = new JsonArray(new JsonObject { ["role"] = "user", ["content"] = prompt }) }, null);
        Keep(results, 0, question, Print(answerer, question.Row));
        if (!isJson) { context.Out.WriteLine(); }
    }

    void Converse(Answerer answerer, ChatPrompts prompts, ResultWriter? results)
    {
        var asked = 0;
        new ChatLoop(ReadLine, context.Progress.Note, prompts.IsSingleRound).Run(row =>
        {
            var answer = Print(answerer, row);
            if (!isJson) { context.Out.Write($"\n{s_line}\n"); }
            context.Out.Flush();
            Keep(results, asked++, new Question(row, null), answer);
            return answer.Text;
        }, answerer.Forget);
    }

    void AskRows(Answerer answerer, ResultWriter results)
    {
        var questions = QuestionReader.Read(arguments.Questions, null, text => context.Progress.Note("note: " + text));
        if (arguments.Stream && !isJson)
        {
            for (var i = 0; i < questions.Count; i++)
            {
                context.Out.Write($"[QUERY] {questions[i].Last}\n{(questions[i].Label is { } label ? $"[LABELS] {label}\n" : "")}[RESPONSE] ");
                Keep(results, i, questions[i], Print(answerer, questions[i].Row));
                context.Out.Write($"\n{s_line}\n");
            }
            return;
        }
        var (started, told) = (Stopwatch.GetTimestamp(), TimeSpan.Zero);
        var done = 0;
        _clock.Begin();
        answerer.AskAll([.. questions.Select(static question => question.Row)], arguments.MaxBatch, (index, answer) =>
        {
            Keep(results, index, questions[index], answer);
            _clock.Add(answer);
            done++;
            if (Stopwatch.GetElapsedTime(started) is var now && (now - told > TimeSpan.FromSeconds(5) || done == questions.Count))
            {
                told = now;
                context.Progress.Note(string.Create(CultureInfo.InvariantCulture, $"{done:N0} of {questions.Count:N0} rows"));
            }
        });
        _clock.End();
    }

    Answer Print(Answerer answerer, JsonObject row)
    {
        _clock.Begin();
        var answer = answerer.Ask(row, text =>
        {
            _clock.OnText();
            if (isJson || !arguments.Stream) { return; }
            context.Out.Write(text);
            context.Out.Flush();
        });
        _clock.Add(answer);
        _clock.End();
        if (!isJson && !arguments.Stream) { context.Out.Write(answer.Text); }
        return answer;
    }

    void Keep(ResultWriter? results, int index, Question question, Answer answer)
    {
        var result = question.Result(answer.Text);
        results?.Add(index, result);
        if (!isJson) { return; }
        result = (JsonObject)result.DeepClone();
        (result["index"], result["prompt_tokens"], result["completion_tokens"], result["finish_reason"]) = (index, answer.PromptTokens, answer.NewTokens, answer.HasStopped ? "stop" : "length");
        _results.Add(result);
    }

    // Waits where the user can still interrupt: reading a line does not notice.
    string? ReadLine(string sign)
    {
        if (context.IsInteractive && !isJson)
        {
            context.Out.Write(sign);
            context.Out.Flush();
        }
        var line = Task.Run(context.In.ReadLine);
        line.Wait(context.Cancel);
        return line.Result;
    }

    JsonObject Json(string? path) => new()
    {
        ["model"] = arguments.Origin.Named,
        ["results"] = new JsonArray([.. _results.OrderBy(static result => (int)result!["index"]!).Select(static result => result!.DeepClone())]),
        ["result_path"] = path,
        ["prompt_tokens"] = _clock.PromptTokens,
        ["completion_tokens"] = _clock.NewTokens,
        ["seconds"] = Math.Round(_clock.Seconds, 3),
        ["tokens_per_second"] = Math.Round(_clock.Rate, 3),
    };
}
