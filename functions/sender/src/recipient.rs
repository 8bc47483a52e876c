use domain::Outbound;
use platform::AwsError;
use providers::Recipient;

use crate::App;

impl App {
    /// To whom a message goes. One that was decided on when only a linked id was known goes to the number, if that is known by now.
    pub(crate) async fn recipient(
        &self,
        message: &Outbound,
    ) -> Result<Option<Recipient>, AwsError> {
        let decided = Recipient::of(&message.to, message.group.as_ref());
        if !matches!(decided, Some(Recipient::Lid(_))) {
            return Ok(decided);
        }
        let tables = &self.platform.tables;
        let conversation = tables
            .conversation(&message.vendor, &message.conversation)
            .await?;
        let phone = conversation.and_then(|conversation| conversation.contact.phone);
        Ok(phone.map(Recipient::Phone).or(decided))
    }
}
