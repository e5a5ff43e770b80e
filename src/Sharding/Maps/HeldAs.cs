namespace Ckpt.Sharding.Maps;

/// <summary>In which element type a side of a map holds a tensor.</summary>
public enum HeldAs
{
    /// <summary>In the type of what it is made of, or the one asked for.</summary>
    Stored,

    /// <summary>In float32 always, also where another type is asked for.</summary>
    Single,

    /// <summary>In the type asked for, else the one most of the source is in, whatever it is made of.</summary>
    Weights,
}
