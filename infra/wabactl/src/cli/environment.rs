/// A setting from the process's environment; an empty one is none.
#[expect(
    clippy::disallowed_methods,
    reason = "platform::Config is the functions' configuration; this is the tool's"
)]
pub(crate) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
