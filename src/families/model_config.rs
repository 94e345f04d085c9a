//! The configuration of a model of any family.

use std::any::Any;
use std::fmt::Debug;
use std::sync::Arc;

use serde::ser::Error as _;
use serde::{Serialize, Serializer};
use serde_json::Value;

use super::{Architecture, ImageSettings, Layout, Preprocessing, Settings, Widths};
#[cfg(feature = "engine")]
use super::{Network, View};
use crate::input::text::Tokenizer;
#[cfg(feature = "engine")]
use crate::layers::Vars;
#[cfg(feature = "engine")]
use crate::tensors::TensorSpec;
use crate::{Code, Error, Result};

/// The shape of a model, of whichever family: what a manifest's `config` states. Its methods are those of
/// [`Architecture`].
#[derive(Debug, Clone)]
pub struct ModelConfig(Arc<dyn Shape>);

/// [`Architecture`] behind a pointer.
trait Shape: Debug + Send + Sync {
    fn as_any(&self) -> &dyn Any;
    fn equals(&self, other: &dyn Any) -> bool;
    fn value(&self) -> serde_json::Result<Value>;
    fn json(&self, pretty: bool) -> serde_json::Result<String>;
    fn family(&self) -> &'static str;
    fn validate(&self) -> Result<()>;
    fn check(&self, settings: Settings<'_>) -> Result<()>;
    fn embedding_dim(&self) -> usize;
    fn token_table(&self) -> [usize; 2];
    fn widest_activation(&self) -> Widths;
    fn summary(&self) -> Vec<(&'static str, String)>;
    fn preprocessing(&self, image: &ImageSettings) -> Box<dyn Preprocessing>;
    fn layout(&self, settings: Settings<'_>, tokenizer: Tokenizer) -> Result<Box<dyn Layout>>;
    #[cfg(feature = "engine")]
    fn build(&self, views: &[View], vars: &Vars) -> Result<Box<dyn Network>>;
    #[cfg(feature = "autodiff")]
    fn with_maps(&self) -> Option<ModelConfig>;
}

impl<A: Architecture> Shape for A {
    fn as_any(&self) -> &dyn Any {
        self
    }
    fn equals(&self, other: &dyn Any) -> bool {
        other.downcast_ref::<A>() == Some(self)
    }
    fn value(&self) -> serde_json::Result<Value> {
        serde_json::to_value(self)
    }
    fn json(&self, pretty: bool) -> serde_json::Result<String> {
        match pretty {
            true => serde_json::to_string_pretty(self),
            false => serde_json::to_string(self),
        }
    }
    fn family(&self) -> &'static str {
        A::NAME
    }
    fn validate(&self) -> Result<()> {
        Architecture::validate(self)
    }
    fn check(&self, settings: Settings<'_>) -> Result<()> {
        Architecture::check(self, settings)
    }
    fn embedding_dim(&self) -> usize {
        Architecture::embedding_dim(self)
    }
    fn token_table(&self) -> [usize; 2] {
        Architecture::token_table(self)
    }
    fn widest_activation(&self) -> Widths {
        Architecture::widest_activation(self)
    }
    fn summary(&self) -> Vec<(&'static str, String)> {
        Architecture::summary(self)
    }
    fn preprocessing(&self, image: &ImageSettings) -> Box<dyn Preprocessing> {
        Architecture::preprocessing(self, image)
    }
    fn layout(&self, settings: Settings<'_>, tokenizer: Tokenizer) -> Result<Box<dyn Layout>> {
        Architecture::layout(self, settings, tokenizer)
    }
    #[cfg(feature = "engine")]
    fn build(&self, views: &[View], vars: &Vars) -> Result<Box<dyn Network>> {
        Architecture::build(self, views, vars)
    }
    #[cfg(feature = "autodiff")]
    fn with_maps(&self) -> Option<ModelConfig> {
        Architecture::with_maps(self).map(ModelConfig::new)
    }
}

impl ModelConfig {
    /// The configuration of a model of a known family.
    pub fn new<A: Architecture>(config: A) -> Self {
        Self(Arc::new(config))
    }

    /// Reads a manifest's `config`; see [`Family::config`](super::registry::Family::config).
    pub(super) fn parse<A: Architecture>(json: Value) -> Result<Self> {
        let config: A = serde_path_to_error::deserialize(json).map_err(|e| {
            let field = match e.path().to_string().as_str() {
                "." => String::from("config"),
                path => format!("config.{path}"),
            };
            let why = e.into_inner();
            Error::new(Code::PackageManifest, "", format!("`{field}`: {why}")).with_source(why)
        })?;
        Ok(Self::new(config))
    }

    /// The configuration as the type of its family, if it is of that family.
    pub fn of<A: Architecture>(&self) -> Option<&A> {
        self.0.as_any().downcast_ref()
    }

    /// JSON text in which this was written, with the configuration's fields in their own order. Behind a
    /// pointer only their values are known to a serializer, sorted by name. `depth` is how far the text is
    /// indented where the configuration stands; `None` for text on one line.
    pub(crate) fn in_own_order(
        &self,
        json: &str,
        depth: Option<usize>,
    ) -> serde_json::Result<String> {
        let value = self.0.value()?;
        let (sorted, own) = match depth {
            Some(depth) => {
                let indent = format!("\n{}", " ".repeat(depth));
                let indented = |json: String| json.replace('\n', &indent);
                let sorted = serde_json::to_string_pretty(&value)?;
                (indented(sorted), indented(self.0.json(true)?))
            }
            None => (serde_json::to_string(&value)?, self.0.json(false)?),
        };
        Ok(json.replacen(&sorted, &own, 1))
    }

    /// The family's name.
    pub fn family(&self) -> &'static str {
        self.0.family()
    }

    /// See [`Architecture::validate`].
    ///
    /// # Errors
    /// As there.
    pub fn validate(&self) -> Result<()> {
        self.0.validate()
    }

    /// See [`Architecture::check`].
    ///
    /// # Errors
    /// As there.
    pub fn check(&self, settings: Settings<'_>) -> Result<()> {
        self.0.check(settings)
    }

    /// See [`Architecture::embedding_dim`].
    pub fn embedding_dim(&self) -> usize {
        self.0.embedding_dim()
    }

    /// See [`Architecture::token_table`].
    pub fn token_table(&self) -> [usize; 2] {
        self.0.token_table()
    }

    /// See [`Architecture::widest_activation`].
    pub fn widest_activation(&self) -> Widths {
        self.0.widest_activation()
    }

    /// See [`Architecture::summary`].
    pub fn summary(&self) -> Vec<(&'static str, String)> {
        self.0.summary()
    }

    /// See [`Architecture::preprocessing`].
    pub fn preprocessing(&self, image: &ImageSettings) -> Box<dyn Preprocessing> {
        self.0.preprocessing(image)
    }

    /// See [`Architecture::layout`].
    ///
    /// # Errors
    /// As there.
    pub fn layout(&self, settings: Settings<'_>, tokenizer: Tokenizer) -> Result<Box<dyn Layout>> {
        self.0.layout(settings, tokenizer)
    }

    /// See [`Architecture::build`].
    ///
    /// # Errors
    /// As there, and if the variables hold a weight that the network did not take.
    #[cfg(feature = "engine")]
    pub fn build(&self, views: &[View], vars: Vars) -> Result<Box<dyn Network>> {
        let network = self.0.build(views, &vars)?;
        vars.finish()?;
        Ok(network)
    }

    /// See [`Architecture::with_maps`].
    #[cfg(feature = "autodiff")]
    pub fn with_maps(&self) -> Option<Self> {
        self.0.with_maps()
    }

    /// Every tensor of a model with these views, in the order in which packages store them.
    #[cfg(feature = "engine")]
    pub fn tensors(&self, views: &[View]) -> Vec<TensorSpec> {
        let (vars, list) = Vars::recording();
        // Nothing is looked up, so nothing can be missing.
        let network = self.0.build(views, &vars);
        debug_assert!(network.is_ok(), "recording found fault with a weight");
        list.take()
    }
}

impl PartialEq for ModelConfig {
    fn eq(&self, other: &Self) -> bool {
        self.0.equals(other.0.as_any())
    }
}

impl Serialize for ModelConfig {
    /// With its fields by the alphabet; see [`in_own_order`](Self::in_own_order).
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let value = self.0.value().map_err(S::Error::custom)?;
        value.serialize(serializer)
    }
}
