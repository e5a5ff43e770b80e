namespace Ckpt.Trainer.Datasets;

/// <summary>MT19937 (Matsumoto and Nishimura 1998), the generator behind PyTorch's CPU random numbers, seeded as PyTorch seeds it.</summary>
sealed class MersenneTwister
{
    const int Size = 624;
    const int Shift = 397;
    readonly uint[] _state = new uint[Size];
    int _next = Size;

    /// <summary>The generator that <c>manual_seed</c> gives; PyTorch takes the lower half of the seed.</summary>
    internal MersenneTwister(ulong seed)
    {
        _state[0] = (uint)seed;
        for (var i = 1; i < Size; i++) { _state[i] = (1812433253u * (_state[i - 1] ^ (_state[i - 1] >> 30))) + (uint)i; }
    }

    /// <summary>The next 32 bits.</summary>
    internal uint Next()
    {
        if (_next == Size) { Twist(); }
        var y = _state[_next++];
        y ^= y >> 11;
        y ^= (y << 7) & 0x9D2C5680;
        y ^= (y << 15) & 0xEFC60000;
        return y ^ (y >> 18);
    }

    void Twist()
    {
        for (var i = 0; i < Size; i++)
        {
            var y = (_state[i] & 0x80000000) | (_state[(i + 1) % Size] & 0x7FFFFFFF);
            _state[i] = _state[(i + Shift) % Size] ^ (y >> 1) ^ ((y & 1) == 0 ? 0 : 0x9908B0DF);
        }
        _next = 0;
    }
}
