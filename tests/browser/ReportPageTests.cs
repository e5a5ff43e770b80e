using System.Text.Json;
using Ckpt.Kit;
using Ckpt.Verify.Reports;
using Microsoft.Playwright;
using Xunit;

namespace Ckpt.BrowserTests;

/// <summary>Reports as a browser shows them.</summary>
public sealed class ReportPageTests(Chromium chromium) : IClassFixture<Chromium>
{
    const double ReadableContrast = 4.5; // WCAG 2.2, 1.4.3, level AA

    [BrowserTheory, Clause("RPT-1.2"), Clause("RPT-1.3"), Clause("RPT-1.4")]
    [InlineData("same", 1280)]
    [InlineData("same", 390)]
    [InlineData("deep", 390)]
    [InlineData("different", 1280)]
    [InlineData("different", 390)]
    [InlineData("broken", 390)]
    public async Task APageIsWholeAndReadableInLightAndDark(string kind, int width)
    {
        using var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(folder["report.html"], HtmlReport.Of(Reports.Of(kind)));
        var light = await Look(folder["report.html"], kind, width, ColorScheme.Light);
        var dark = await Look(folder["report.html"], kind, width, ColorScheme.Dark);
        Assert.True(light > 180, $"a light page has a mean luminance of {light}");
        Assert.True(dark < 70, $"a dark page has a mean luminance of {dark}");
    }

    /// <summary>Opens the page, holds it to what a reader needs, and returns how bright its picture is, 0 to 255.</summary>
    async Task<double> Look(string path, string kind, int width, ColorScheme scheme)
    {
        await using var context = await chromium.Browser.NewContextAsync(new BrowserNewContextOptions { ViewportSize = new ViewportSize { Width = width, Height = 900 }, ColorScheme = scheme });
        var page = await context.NewPageAsync();
        var (faults, requests) = (new List<string>(), new List<string>());
        page.Console += (_, message) => faults.Add($"{message.Type}: {message.Text}");
        page.PageError += (_, error) => faults.Add(error);
        page.Request += (_, request) => requests.Add(request.Url);
        await page.GotoAsync("file://" + path);

        var verdict = page.Locator("#verdict h1");
        Assert.True(await verdict.IsVisibleAsync());
        var box = (await verdict.BoundingBoxAsync())!;
        Assert.InRange(box.Y, 0, 200);
        Assert.Equal(kind switch { "different" => "Different", "broken" => "Broken", _ => "The same" }, await verdict.TextContentAsync());
        Assert.DoesNotContain("owned", await page.TitleAsync(), StringComparison.Ordinal);
        Assert.Equal(0, await page.Locator("script, img, iframe").CountAsync());

        Assert.Equal(width, await page.EvaluateAsync<int>("document.documentElement.scrollWidth"));
        Assert.Empty(await page.EvaluateAsync<string[]>(OutOfSight));
        await page.EvaluateAsync("document.querySelectorAll('details').forEach(details => details.open = true)");
        Assert.Equal(width, await page.EvaluateAsync<int>("document.documentElement.scrollWidth"));
        Assert.Empty(await page.EvaluateAsync<string[]>(Pale, ReadableContrast));
        if (kind == "different") { await CheckNumbers(page); }

        var picture = await page.ScreenshotAsync(new PageScreenshotOptions { FullPage = false });
        if (Environment.GetEnvironmentVariable("REPORT_PICTURES") is { Length: > 0 } folder)
        {
            await page.ReloadAsync();
            if (kind == "different") { await page.Locator("#forward").ScreenshotAsync(new LocatorScreenshotOptions { Path = Path.Combine(folder, $"{kind}-{width}-{scheme}-forward.png") }); }
            await page.ScreenshotAsync(new PageScreenshotOptions { FullPage = true, Path = Path.Combine(folder, $"{kind}-{width}-{scheme}.png") });
        }
        Assert.Empty(faults);
        Assert.Equal(["file://" + path], requests.Where(static url => !url.StartsWith("data:", StringComparison.Ordinal)).Distinct());
        return await Brightness(context, picture);
    }

    /// <summary>What colours say is there in words, too.</summary>
    static async Task CheckNumbers(IPage page)
    {
        Assert.Contains(Reports.Hostile, await page.Locator("#worst").TextContentAsync(), StringComparison.Ordinal);
        Assert.Equal(0, await page.Locator("#heat .strip:not([aria-label])").CountAsync());
        Assert.True(await page.Locator("#heat table tbody tr").CountAsync() >= 26, "the table behind the colours has a row for every layer and module that differs");
        Assert.Equal("parts here", await page.Locator("#forward .parting .badge").TextContentAsync());
        var colours = await page.EvaluateAsync<JsonElement>("[...new Set([...document.querySelectorAll('#heat .strip i[class]')].map(i => getComputedStyle(i).backgroundColor))].length");
        Assert.InRange(colours.GetInt32(), 6, 9);
    }

    /// <summary>The mean luminance of a picture, which the browser itself decodes.</summary>
    static async Task<double> Brightness(IBrowserContext context, byte[] picture)
    {
        var page = await context.NewPageAsync();
        return await page.EvaluateAsync<double>(
            """
            async data => {
                const image = new Image();
                image.src = 'data:image/png;base64,' + data;
                await image.decode();
                const canvas = document.createElement('canvas');
                [canvas.width, canvas.height] = [image.width, image.height];
                const context = canvas.getContext('2d');
                context.drawImage(image, 0, 0);
                const pixels = context.getImageData(0, 0, image.width, image.height).data;
                let sum = 0;
                for (let i = 0; i < pixels.length; i += 4) { sum += 0.2126 * pixels[i] + 0.7152 * pixels[i + 1] + 0.0722 * pixels[i + 2]; }
                return sum / (pixels.length / 4);
            }
            """,
            Convert.ToBase64String(picture));
    }

    // Elements that reach past the window and are in nothing that scrolls.
    const string OutOfSight =
        """
        () => [...document.querySelectorAll('body *')]
            .filter(e => !e.closest('.scroll, .axis') && e.getBoundingClientRect().width > 0 && (e.getBoundingClientRect().right > innerWidth + 1 || e.getBoundingClientRect().left < -1))
            .map(e => e.outerHTML.slice(0, 120))
        """;

    // Text that stands out too little from what is painted behind it.
    const string Pale =
        """
        least => {
            const parse = c => { const m = c.match(/[\d.]+/g).map(Number); return c.startsWith('color(srgb') ? [m[0] * 255, m[1] * 255, m[2] * 255, m[3] ?? 1] : [m[0], m[1], m[2], m[3] ?? 1]; };
            const light = c => { const [r, g, b] = c.slice(0, 3).map(v => { v /= 255; return v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4; }); return .2126 * r + .7152 * g + .0722 * b; };
            const behind = e => { for (; e; e = e.parentElement) { const c = parse(getComputedStyle(e).backgroundColor); if (c[3] === 1) { return c; } } return [255, 255, 255, 1]; };
            const pale = [];
            for (const e of document.querySelectorAll('body *')) {
                if (![...e.childNodes].some(n => n.nodeType === 3 && n.data.trim())) { continue; }
                const [a, b] = [light(parse(getComputedStyle(e).color)), light(behind(e))];
                const contrast = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
                if (contrast < least) { pale.push(`${contrast.toFixed(2)} ${e.outerHTML.slice(0, 100)}`); }
            }
            return pale;
        }
        """;
}
