//! Addresses as sign-in logs write them: with a port, in brackets, mapped into IPv6.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// The network in which one customer of a provider usually is.
pub(crate) fn prefix(text: &str) -> Option<String> {
    Some(match parse(text)? {
        IpAddr::V4(address) => {
            let [a, b, c, _] = address.octets();
            format!("{}/24", Ipv4Addr::new(a, b, c, 0))
        }
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            format!("{}/64", Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
    })
}

/// Loopback, link-local and private ranges (RFC 1918, RFC 4193).
pub(super) fn is_private(text: &str) -> Option<bool> {
    Some(match parse(text)? {
        IpAddr::V4(a) => {
            a.is_private() || a.is_loopback() || a.is_link_local() || a.is_unspecified()
        }
        IpAddr::V6(a) => {
            a.is_unique_local()
                || a.is_loopback()
                || a.is_unicast_link_local()
                || a.is_unspecified()
        }
    })
}

fn parse(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let address = text
        .parse::<IpAddr>()
        .ok()
        .or_else(|| text.parse::<SocketAddr>().ok().map(|socket| socket.ip()))
        .or_else(|| text.strip_prefix('[')?.strip_suffix(']')?.parse().ok())?;
    Some(address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_to_write_an_address_has_one_prefix() {
        for (text, expected) in [
            ("198.51.100.7", Some("198.51.100.0/24")),
            ("198.51.100.7:44321", Some("198.51.100.0/24")),
            ("::ffff:198.51.100.7", Some("198.51.100.0/24")),
            ("2001:db8:1:2:3:4:5:6", Some("2001:db8:1:2::/64")),
            ("[2001:db8:1:2::9]:443", Some("2001:db8:1:2::/64")),
            ("<null>", None),
            ("127.0.0.0/8", None),
            ("", None),
        ] {
            assert_eq!(prefix(text).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn private_ranges_are_told_from_public_ones() {
        assert_eq!(is_private("10.1.2.3"), Some(true));
        assert_eq!(is_private("fd00::1"), Some(true));
        assert_eq!(is_private("198.51.100.7"), Some(false));
        assert_eq!(is_private("nowhere"), None);
    }
}
