use std::collections::HashMap;

/// What a member may be given as: a value, or one that may be left out.
pub trait Maybe<T> {
    fn maybe(self) -> Option<T>;
}

impl<T> Maybe<T> for T {
    fn maybe(self) -> Option<T> {
        Some(self)
    }
}

impl<T> Maybe<T> for Option<T> {
    fn maybe(self) -> Self {
        self
    }
}

impl Maybe<String> for &str {
    fn maybe(self) -> Option<String> {
        Some(self.to_owned())
    }
}

impl Maybe<String> for &String {
    fn maybe(self) -> Option<String> {
        Some(self.clone())
    }
}

/// An answer that tells nothing that is needed but that it was done.
#[derive(Debug, Default, serde::Deserialize)]
pub struct Done {}

/// Members by name, of which none are not sent.
pub(crate) type Named<T> = HashMap<String, T>;

/// Declares the requests of an operation: the members it may have, each with a setter of its name, those that are maps behind a semicolon
/// with one that adds an entry; and how it is sent, to be answered with its output or an [`Error`](crate::Error).
macro_rules! request {
    (
        $(#[$doc:meta])*
        $name:ident = $operation:literal -> $output:ty {
            $($member:ident: $type:ty),* $(,)?
            $(; $($map:ident: $value:ty),* $(,)?)?
        }
    ) => {
        $(#[$doc])*
        #[derive(Clone, serde::Serialize)]
        #[must_use = "a request does nothing until it is sent"]
        #[serde(rename_all = "PascalCase")]
        pub struct $name {
            #[serde(skip)]
            client: Client,
            $(#[serde(skip_serializing_if = "Option::is_none")]
            $member: Option<$type>,)*
            $($(#[serde(skip_serializing_if = "HashMap::is_empty")]
            $map: $crate::request::Named<$value>,)*)?
        }

        impl $name {
            pub(super) fn new(client: &Client) -> Self {
                Self {
                    client: client.clone(),
                    $($member: None,)*
                    $($($map: HashMap::new(),)*)?
                }
            }

            $(pub fn $member(mut self, value: impl $crate::Maybe<$type>) -> Self {
                self.$member = value.maybe();
                self
            })*

            $($(pub fn $map(mut self, name: impl Into<String>, value: impl Into<$value>) -> Self {
                self.$map.insert(name.into(), value.into());
                self
            })*)?

            pub async fn send(self) -> Result<$output, $crate::Error> {
                self.client.0.call($operation, &self).await
            }
        }
    };
}

/// Declares the client of a service, and how its requests begin.
macro_rules! client {
    ($service:literal { $($operation:ident: $request:ident),* $(,)? }) => {
        #[doc = concat!("Calls ", $service, ". Clones share connections.")]
        #[derive(Clone, Debug)]
        pub struct Client($crate::client::Caller);

        impl Client {
            pub fn new(settings: &$crate::Settings, transport: $crate::Transport) -> Self {
                Self($crate::client::Caller::new(&SERVICE, settings, transport))
            }

            $(pub fn $operation(&self) -> $request {
                $request::new(self)
            })*
        }
    };
}
