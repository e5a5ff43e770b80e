namespace Ckpt.Torch;

public static partial class torch
{
    /// <summary>What networks are made of.</summary>
    public static class nn
    {
        /// <summary>The functions of <c>torch.nn.functional</c>, without state.</summary>
        public static class functional
        {
            static readonly Operator s_embedding = new("aten::embedding");
            static readonly Operator s_linear = new("aten::linear");
            static readonly Operator s_layerNorm = new("aten::layer_norm");
            static readonly Operator s_crossEntropy = new("aten::cross_entropy_loss");
            static readonly Operator s_nll = new("aten::nll_loss_nd");
            static readonly Operator s_mse = new("aten::mse_loss");
            static readonly Operator s_binaryCrossEntropy = new("aten::binary_cross_entropy_with_logits");
            static readonly Operator s_logSigmoid = new("aten::log_sigmoid");
            static readonly Operator s_attention = new("aten::scaled_dot_product_attention");
            static readonly Operator s_dropout = new("aten::dropout");
            static readonly Operator s_oneHot = new("aten::one_hot");
            static readonly Operator s_pad = new("aten::pad");
            static readonly Lazy<bool> s_hasAttention = new(() => s_attention.Exists);

            /// <summary>The row of <paramref name="weight"/> that each index names.</summary>
            public static Tensor embedding(Tensor input, Tensor weight, long padding_idx = -1) => s_embedding.Call(weight, input, padding_idx);

            public static Tensor linear(Tensor input, Tensor weight, Tensor? bias = null) => s_linear.Call(input, weight, bias);

            public static Tensor layer_norm(Tensor input, long[] normalized_shape, Tensor? weight = null, Tensor? bias = null, double eps = 1e-05)
                => s_layerNorm.Call(input, normalized_shape, weight, bias, eps);

            public static Tensor cross_entropy(
                Tensor input, Tensor target, Tensor? weight = null, long ignore_index = -100, string reduction = "mean", double label_smoothing = 0)
                => s_crossEntropy.Call(input, target, weight, Reduction(reduction), ignore_index, label_smoothing);

            public static Tensor nll_loss(Tensor input, Tensor target, Tensor? weight = null, long ignore_index = -100, string reduction = "mean")
                => s_nll.Call(input, target, weight, Reduction(reduction), ignore_index);

            public static Tensor mse_loss(Tensor input, Tensor target, string reduction = "mean") => s_mse.Call(input, target, Reduction(reduction));

            public static Tensor binary_cross_entropy_with_logits(
                Tensor input, Tensor target, Tensor? weight = null, Tensor? pos_weight = null, string reduction = "mean")
                => s_binaryCrossEntropy.Call(input, target, weight, pos_weight, Reduction(reduction));

            public static Tensor logsigmoid(Tensor input) => s_logSigmoid.Call(input);

            /// <summary>Whether this LibTorch (2.0 and later) has <see cref="scaled_dot_product_attention"/>.</summary>
            public static bool has_scaled_dot_product_attention => s_hasAttention.Value;

            public static Tensor scaled_dot_product_attention(
                Tensor query, Tensor key, Tensor value, Tensor? attn_mask = null, double dropout_p = 0, bool is_causal = false, double? scale = null)
                => scale is null
                    ? s_attention.Call(query, key, value, attn_mask, dropout_p, is_causal)
                    : s_attention.Call(query, key, value, attn_mask, dropout_p, is_causal, scale);

            public static Tensor dropout(Tensor input, double p = 0.5, bool training = true) => s_dropout.Call(input, p, training);

            public static Tensor one_hot(Tensor input, long num_classes = -1) => s_oneHot.Call(input, num_classes);

            public static Tensor pad(Tensor input, long[] pad, string mode = "constant", double value = 0) => s_pad.Call(input, pad, mode, value);

            public static Tensor silu(Tensor input) => input.silu();

            public static Tensor gelu(Tensor input, string approximate = "none") => input.gelu(approximate);

            public static Tensor relu(Tensor input) => input.relu();

            public static Tensor softmax(Tensor input, long dim, ScalarType? dtype = null) => input.softmax(dim, dtype);

            public static Tensor log_softmax(Tensor input, long dim, ScalarType? dtype = null) => input.log_softmax(dim, dtype);

            static long Reduction(string name) => name switch
            {
                "none" => 0,
                "mean" => 1,
                "sum" => 2,
                _ => throw new ArgumentException($"reduction '{name}': none, mean and sum are known", nameof(name)),
            };
        }
    }
}
