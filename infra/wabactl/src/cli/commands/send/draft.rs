use std::path::PathBuf;

use clap::Args;
use serde_json::{Value, json};

use super::Failure;
use crate::cli::input;

/// A message that is to be sent: a text, a file with a caption, a text with buttons, or anything that the admin API takes.
#[derive(Args)]
pub(super) struct Draft {
    /// The customer's number with + and the country code, or a group's id
    #[arg(long, value_name = "PHONE", required_unless_present = "json_body")]
    to: Option<String>,
    /// What is written; of a file its caption
    #[arg(required_unless_present_any = ["json_body", "image", "document", "video", "audio"])]
    text: Option<String>,
    /// An image at this https address
    #[arg(long, value_name = "URL", group = "file")]
    image: Option<String>,
    /// A document at this https address
    #[arg(long, value_name = "URL", group = "file")]
    document: Option<String>,
    /// A video at this https address
    #[arg(long, value_name = "URL", group = "file")]
    video: Option<String>,
    /// A voice note at this https address
    #[arg(long, value_name = "URL", group = "file", conflicts_with = "text")]
    audio: Option<String>,
    /// What a document is called
    #[arg(long, value_name = "NAME", requires = "document")]
    file_name: Option<String>,
    /// A button below the text; up to three
    #[arg(long = "button", value_name = "ID=TITLE", value_parser = button, conflicts_with = "file")]
    buttons: Vec<(String, String)>,
    /// Which of the vendor's numbers it leaves from; else the first
    #[arg(long, value_name = "WABA_ID")]
    waba: Option<String>,
    /// A message of any kind, as the admin API takes it, from a JSON file
    #[arg(long, value_name = "FILE", conflicts_with_all = ["to", "text", "file", "buttons", "waba"])]
    json_body: Option<PathBuf>,
}

impl Draft {
    /// The body of the request; only what was told is in it.
    pub(super) fn body(&self) -> Result<Value, Failure> {
        if let Some(file) = &self.json_body {
            return input::json(file);
        }
        let files = [
            ("image", &self.image),
            ("document", &self.document),
            ("video", &self.video),
            ("audio", &self.audio),
        ];
        let file = files
            .into_iter()
            .find_map(|(kind, url)| Some((kind, url.as_ref()?)));
        let mut body = json!({ "to": self.to });
        match file {
            Some((kind, url)) => {
                body["type"] = kind.into();
                body["mediaUrl"] = url.as_str().into();
                set(&mut body, "caption", self.text.as_deref());
                set(&mut body, "fileName", self.file_name.as_deref());
            }
            None if self.buttons.is_empty() => set(&mut body, "message", self.text.as_deref()),
            None => {
                let option = |(id, title): &(String, String)| json!({"id": id, "title": title});
                let options: Vec<_> = self.buttons.iter().map(option).collect();
                body["buttons"] = json!({"text": self.text, "options": options});
            }
        }
        set(&mut body, "wabaId", self.waba.as_deref());
        Ok(body)
    }
}

fn set(body: &mut Value, name: &str, value: Option<&str>) {
    if let Some(value) = value {
        body[name] = value.into();
    }
}

fn button(text: &str) -> Result<(String, String), &'static str> {
    let (id, title) = text.split_once('=').ok_or("a button is ID=TITLE")?;
    Ok((id.to_owned(), title.to_owned()))
}
