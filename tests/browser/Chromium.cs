using Microsoft.Playwright;
using Xunit;

namespace Ckpt.BrowserTests;

/// <summary>The system's Chromium, driven by Playwright; started once for all tests.</summary>
public sealed class Chromium : IAsyncLifetime
{
    IPlaywright? _playwright;

    /// <summary>Where it is; null where there is none. <c>CHROMIUM</c> names another.</summary>
    public static string? Path { get; } = new[] { Environment.GetEnvironmentVariable("CHROMIUM"), "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome" }.FirstOrDefault(File.Exists);

    /// <summary>The browser.</summary>
    public IBrowser Browser { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        if (Path is null) { return; }
        _playwright = await Playwright.CreateAsync();
        Browser = await _playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions { ExecutablePath = Path, Args = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"] });
    }

    public async Task DisposeAsync()
    {
        if (_playwright is null) { return; }
        await Browser.DisposeAsync();
        _playwright.Dispose();
    }
}

/// <summary>A test that needs a browser, and is skipped, and counted so, where there is none.</summary>
public sealed class BrowserTheoryAttribute : TheoryAttribute
{
    const string Absent = "there is no Chromium: apt-get install chromium, or name one in CHROMIUM";

    /// <summary>Skips where there is no browser.</summary>
    public BrowserTheoryAttribute()
    {
        if (Chromium.Path is null) { Skip = Absent; }
    }
}
