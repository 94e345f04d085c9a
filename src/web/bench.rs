//! What `make bench` times inside the browser engines: a transformer block, a matrix product by the linear
//! kernel or by Burn's own matmul, and resizing alone. Only in engines that are built for it.

use js_sys::{Array, Float32Array, Object};
use wasm_bindgen::prelude::*;

use burn::tensor::{Device, Tensor};

use super::convert::{error, record, unusable};
use crate::device::{DeviceChoice, DeviceOptions, open};
use crate::families::bench::{BenchBlock, BlockShape, matrix};
use crate::input::image::{self, Pixels};
use crate::ops::{Combine, Weight, linear};
use crate::tensors::Dtype;

/// The only device that the engine has.
async fn device() -> Result<Device, JsValue> {
    let choice = if cfg!(feature = "gpu") {
        DeviceChoice::Gpu
    } else {
        DeviceChoice::Cpu
    };
    let options = DeviceOptions {
        choice,
        ..DeviceOptions::default()
    };
    Ok(open(options).await.map_err(error)?.0)
}

async fn read(tensor: Tensor<2>) -> Result<Float32Array, JsValue> {
    let data = tensor
        .into_data_async()
        .await
        .map_err(|cause| unusable("bench", &cause.to_string()))?;
    let values: Vec<f32> = data.iter::<f32>().collect();
    Ok(Float32Array::from(&values[..]))
}

/// One block of a tower with its weights.
#[wasm_bindgen]
pub struct Block {
    block: BenchBlock,
    shape: [usize; 2],
    device: Device,
}

#[wasm_bindgen]
impl Block {
    /// The names and shapes of a block's tensors, `[{ name, shape }]`.
    #[wasm_bindgen(js_name = tensors)]
    pub fn names(vision: bool, rows: usize, sizes: Vec<usize>) -> Array {
        let tensors = shape(vision, rows, &sizes).tensors().into_iter();
        tensors
            .map(|(name, shape)| {
                let shape: Array = shape.iter().map(|&n| JsValue::from(n as f64)).collect();
                record(&[("name", name.into()), ("shape", shape.into())])
            })
            .collect()
    }

    /// A block; `sizes` are hidden, wide, heads, kv_heads, head_dim, and `values` the tensors in
    /// the order of [`names`](Self::names).
    pub async fn create(
        vision: bool,
        rows: usize,
        sizes: Vec<usize>,
        values: Array,
        q8: bool,
    ) -> Result<Block, JsValue> {
        let shape = shape(vision, rows, &sizes);
        let values: Vec<Vec<f32>> = values
            .iter()
            .map(|values| Float32Array::from(values).to_vec())
            .collect();
        let dtype = if q8 { Dtype::Q8 } else { Dtype::F32 };
        let device = device().await?;
        Ok(Block {
            block: BenchBlock::new(&shape, &values, dtype, &device).map_err(error)?,
            shape: [rows, shape.hidden],
            device,
        })
    }

    /// Cosines and sines, `{ cos, sin }`.
    pub async fn rotary(&self) -> Result<Object, JsValue> {
        let [cos, sin] = self.block.rotary();
        let (cos, sin) = (read(cos).await?, read(sin).await?);
        Ok(record(&[("cos", cos.into()), ("sin", sin.into())]))
    }

    /// From host to host.
    pub async fn run(&self, x: Vec<f32>) -> Result<Float32Array, JsValue> {
        let x = matrix(&x, self.shape, &self.device);
        read(self.block.forward(x)).await
    }
}

fn shape(vision: bool, rows: usize, sizes: &[usize]) -> BlockShape {
    BlockShape {
        vision,
        rows,
        hidden: sizes[0],
        wide: sizes[1],
        heads: sizes[2],
        kv_heads: sizes[3],
        head_dim: sizes[4],
    }
}

/// `x · wᵀ` with a weight of floats that stays on the device.
#[wasm_bindgen]
pub struct Product {
    weight: Tensor<2>,
    /// The same as `[in, out]`, the layout of Burn's own linear layers.
    transposed: Tensor<2>,
    device: Device,
}

#[wasm_bindgen]
impl Product {
    /// `weight` is `[out, in]`.
    pub async fn create(
        weight: Vec<f32>,
        inputs: usize,
        outputs: usize,
    ) -> Result<Product, JsValue> {
        let device = device().await?;
        let mut transposed = vec![0.0; weight.len()];
        for (i, row) in weight.chunks(inputs).enumerate() {
            for (j, value) in row.iter().enumerate() {
                transposed[j * outputs + i] = *value;
            }
        }
        Ok(Product {
            weight: matrix(&weight, [outputs, inputs], &device),
            transposed: matrix(&transposed, [inputs, outputs], &device),
            device,
        })
    }

    /// By the kernel that the model uses: `repeats` times from the host, the last result back.
    pub async fn kernel(&self, x: Vec<f32>, repeats: usize) -> Result<Float32Array, JsValue> {
        let weight = Weight::Float(self.weight.clone());
        let product = || linear(self.input(&x), &weight, None, None, Combine::Nothing);
        read(last(repeats, product)).await
    }

    /// The same by Burn's matmul.
    pub async fn burn(&self, x: Vec<f32>, repeats: usize) -> Result<Float32Array, JsValue> {
        let product = || self.input(&x).matmul(self.transposed.clone());
        read(last(repeats, product)).await
    }

    fn input(&self, x: &[f32]) -> Tensor<2> {
        let inputs = self.weight.dims()[1];
        matrix(x, [x.len() / inputs, inputs], &self.device)
    }
}

fn last(repeats: usize, product: impl Fn() -> Tensor<2>) -> Tensor<2> {
    (1..repeats).for_each(|_| drop(product()));
    product()
}

/// A decoded picture that is resized again and again.
#[wasm_bindgen]
pub struct Picture(Pixels);

#[wasm_bindgen]
impl Picture {
    /// The picture in the bytes of an image file.
    pub fn create(bytes: Vec<u8>) -> Result<Picture, JsValue> {
        let decoded = image::decode("picture", &bytes, &image::DecodeLimits::default());
        Ok(Picture(decoded.map_err(error)?))
    }

    /// Resizes it, and gives the bytes of the result.
    pub fn resize(&self, width: u32, height: u32) -> Result<usize, JsValue> {
        let resized = image::resize(&self.0, width, height).map_err(error)?;
        Ok(resized.rgb.len())
    }
}
