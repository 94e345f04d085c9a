// Activations of four values, and with flag SLOPE their derivatives.
//
// Flags: one of GELU, GELU_TANH, QUICK_GELU, SILU, RELU, RELU6 and IDENTITY.

// 1 / (1 + e^-v). The exponent is held below overflow, because WGSL promises nothing of infinities.
fn logistic(v: vec4<f32>) -> vec4<f32> {
    return 1.0 / (1.0 + exp(min(-v, vec4<f32>(80.0))));
}

//#if GELU
// The error function to 1.5e-7: Abramowitz and Stegun, 7.1.26.
fn erf(v: vec4<f32>) -> vec4<f32> {
    let a = min(abs(v), vec4<f32>(8.0));
    let t = 1.0 / (1.0 + 0.3275911 * a);
    let p = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
    return sign(v) * (1.0 - p * exp(-a * a));
}
//#end

fn activation(v: vec4<f32>) -> vec4<f32> {
//#if GELU
    return 0.5 * v * (1.0 + erf(v * 0.70710678));
//#end
//#if GELU_TANH
    // 0.5·(1 + tanh(u)) is the logistic function of 2u.
    return v * logistic(1.5957691 * (v + 0.044715 * v * v * v));
//#end
//#if QUICK_GELU
    return v * logistic(1.702 * v);
//#end
//#if SILU
    return v * logistic(v);
//#end
//#if RELU
    return max(v, vec4<f32>());
//#end
//#if RELU6
    return clamp(v, vec4<f32>(), vec4<f32>(6.0));
//#end
//#if IDENTITY
    return v;
//#end
}

//#if SLOPE
fn slope(v: vec4<f32>) -> vec4<f32> {
//#if GELU
    // Φ + v·φ, with the density φ = e^(−v²/2) / √(2π).
    let near = clamp(v, vec4<f32>(-12.0), vec4<f32>(12.0));
    return 0.5 * (1.0 + erf(v * 0.70710678)) + near * 0.3989423 * exp(-0.5 * near * near);
//#end
//#if GELU_TANH
    // Beyond 10 the slope is 0 or 1 to the last bit, and the cube would grow out of bounds.
    let near = clamp(v, vec4<f32>(-10.0), vec4<f32>(10.0));
    let s = logistic(1.5957691 * (near + 0.044715 * near * near * near));
    return s + near * s * (1.0 - s) * 1.5957691 * (1.0 + 0.134145 * near * near);
//#end
//#if QUICK_GELU
    let near = clamp(v, vec4<f32>(-60.0), vec4<f32>(60.0));
    let s = logistic(1.702 * near);
    return s + 1.702 * near * s * (1.0 - s);
//#end
//#if SILU
    let near = clamp(v, vec4<f32>(-100.0), vec4<f32>(100.0));
    let s = logistic(near);
    return s + near * s * (1.0 - s);
//#end
//#if RELU
    return select(vec4<f32>(), vec4<f32>(1.0), v > vec4<f32>());
//#end
//#if RELU6
    return select(vec4<f32>(), vec4<f32>(1.0), v > vec4<f32>() & v < vec4<f32>(6.0));
//#end
}
//#end
