//! Shared Access Signature tokens: `SharedAccessSignature sr=…&sig=…&se=…&skn=…`.
//!
//! Verified as the service does it: HMAC-SHA256 with the key over the resource as it is written in
//! the token, a line feed and the expiry
//! (<https://learn.microsoft.com/rest/api/eventhub/generate-sas-token>).

use super::address::{entity_path, percent_decode};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use hmac::{Hmac, Mac as _};
use sha2::Sha256;

/// Name of the one key, the same as in Microsoft's emulator.
pub(super) const KEY_NAME: &str = "RootManageSharedAccessKey";
/// The key. It is no secret: whoever reaches the loopback port may use it.
pub(super) const KEY: &str = "SAS_KEY_VALUE";

/// What a valid token permits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Claims {
    /// Path of the entity, empty for the whole namespace. The host is not compared: a client that
    /// is pointed here with a custom endpoint signs for the namespace it believes to talk to.
    pub(super) path: String,
    /// Seconds since 1970.
    pub(super) expires_s: i64,
}

/// Why a token is worth nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum InvalidToken {
    #[error("MalformedToken: the token is no SharedAccessSignature with sr, sig, se and skn.")]
    Malformed,
    #[error("InvalidSignature: the token names a key that does not exist.")]
    UnknownKey,
    #[error("InvalidSignature: the token has an invalid signature.")]
    Signature,
    #[error("ExpiredToken: the token is expired.")]
    Expired,
}

/// Verifies a token at a time in seconds since 1970.
pub(super) fn verify(token: &str, now_s: i64) -> Result<Claims, InvalidToken> {
    let fields = token.strip_prefix("SharedAccessSignature ").ok_or(InvalidToken::Malformed)?;
    let field = |name: &str| {
        let mut fields = fields.split('&').filter_map(|field| field.split_once('='));
        let found = fields.find(|(key, _)| *key == name);
        found.map(|(_, value)| value).ok_or(InvalidToken::Malformed)
    };
    let resource = field("sr")?;
    let expiry = field("se")?;
    if percent_decode(field("skn")?) != KEY_NAME {
        return Err(InvalidToken::UnknownKey);
    }
    let signature =
        BASE64.decode(percent_decode(field("sig")?)).map_err(|_| InvalidToken::Malformed)?;
    hmac(resource, expiry)?.verify_slice(&signature).map_err(|_| InvalidToken::Signature)?;
    let expires_s: i64 = expiry.parse().map_err(|_| InvalidToken::Malformed)?;
    if expires_s <= now_s {
        return Err(InvalidToken::Expired);
    }
    Ok(Claims { path: entity_path(&percent_decode(resource)), expires_s })
}

fn hmac(resource: &str, expiry: &str) -> Result<Hmac<Sha256>, InvalidToken> {
    let mut hmac =
        Hmac::<Sha256>::new_from_slice(KEY.as_bytes()).map_err(|_| InvalidToken::UnknownKey)?;
    hmac.update(format!("{resource}\n{expiry}").as_bytes());
    Ok(hmac)
}

/// A token for an already encoded resource, made as the client libraries make theirs.
#[cfg(test)]
pub(super) fn sign(resource: &str, expires_s: i64) -> String {
    let signature = hmac(resource, &expires_s.to_string()).unwrap().finalize();
    let signature = BASE64
        .encode(signature.into_bytes())
        .replace('+', "%2B")
        .replace('/', "%2F")
        .replace('=', "%3D");
    format!("SharedAccessSignature sr={resource}&sig={signature}&se={expires_s}&skn={KEY_NAME}")
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_700_000_000;

    fn token(expires_s: i64) -> String {
        sign("amqps%3a%2f%2flocalhost%2flogs", expires_s)
    }

    #[test]
    fn a_token_made_elsewhere_is_accepted() {
        // Python: base64(hmac_sha256(b"SAS_KEY_VALUE", b"sb%3A%2F%2Flocalhost%2Flogs\n1800000000"))
        let token = "SharedAccessSignature sr=sb%3A%2F%2Flocalhost%2Flogs&sig=xyrshNAdCmyVyVb2n3MQfMQtyR1IgBObat7IFGz6m7o%3D\
                     &se=1800000000&skn=RootManageSharedAccessKey";
        let claims = verify(token, NOW).unwrap();
        assert_eq!(claims.path, "logs");
        assert_eq!(claims.expires_s, 1_800_000_000);
    }

    #[test]
    fn a_token_is_good_until_it_expires() {
        assert!(verify(&token(NOW + 1), NOW).is_ok());
        assert_eq!(verify(&token(NOW), NOW), Err(InvalidToken::Expired));
    }

    #[test]
    fn what_was_signed_cannot_be_changed() {
        let good = token(NOW + 60);
        for (from, to, expected) in [
            ("%2flogs", "%2fother", InvalidToken::Signature),
            (&*(NOW + 60).to_string(), "1900000000", InvalidToken::Signature),
            ("RootManage", "Other", InvalidToken::UnknownKey),
            ("&sig=", "&sig=AAAA", InvalidToken::Signature),
            ("&sig=", "&sig=*", InvalidToken::Malformed),
            ("&skn=", "&name=", InvalidToken::Malformed),
            ("SharedAccessSignature", "Bearer", InvalidToken::Malformed),
        ] {
            assert!(good.contains(from), "{from}");
            assert_eq!(verify(&good.replace(from, to), NOW), Err(expected), "{from}");
        }
    }
}
