//! Addresses as sign-in logs write them: with a port, in brackets, with a zone, mapped into IPv6.

use std::borrow::Cow;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// The address alone, as RFC 5952 writes it; an IPv4 address that is mapped into IPv6 as itself.
pub(super) fn address(text: &str) -> Option<Cow<'_, str>> {
    // There is one way to write an IPv4 address.
    if text.parse::<Ipv4Addr>().is_ok() {
        return Some(Cow::Borrowed(text));
    }
    parse(text).map(|address| Cow::Owned(address.to_string()))
}

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

/// The network of a length that an address is in; `None` also for a length that it does not have.
pub(crate) fn network(text: &str, length: i64) -> Option<String> {
    let (address, length) = (parse(text)?, u8::try_from(length).ok()?);
    let prefix = Prefix::new(address, length)?;
    Some(format!("{}/{length}", prefix.network))
}

/// The address that a text says, in whichever form logs write it.
pub(crate) fn parse_address(text: &str) -> Option<IpAddr> {
    parse(text)
}

/// A network, as `10.0.0.0/8` or `2001:db8::/32`; an address alone is a network of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Prefix {
    network: IpAddr,
    length: u8,
}

impl Prefix {
    fn new(address: IpAddr, length: u8) -> Option<Self> {
        let network = match address {
            IpAddr::V4(address) => {
                let mask = u32::MAX.checked_shl(32_u32.checked_sub(length.into())?).unwrap_or(0);
                IpAddr::V4(Ipv4Addr::from(u32::from(address) & mask))
            }
            IpAddr::V6(address) => {
                let mask = u128::MAX.checked_shl(128_u32.checked_sub(length.into())?).unwrap_or(0);
                IpAddr::V6(Ipv6Addr::from(u128::from(address) & mask))
            }
        };
        Some(Self { network, length })
    }

    /// Reads a network.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        match text.split_once('/') {
            Some((address, length)) => {
                let address: IpAddr = address.parse().ok()?;
                Self::new(address, length.parse().ok()?)
            }
            None => {
                let address: IpAddr = text.parse().ok()?;
                let length = if address.is_ipv4() { 32 } else { 128 };
                Self::new(address, length)
            }
        }
    }

    /// Whether an address is in it.
    pub(crate) fn contains(&self, address: IpAddr) -> bool {
        address.is_ipv4() == self.network.is_ipv4()
            && Self::new(address, self.length).is_some_and(|of| of.network == self.network)
    }
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
        .or_else(|| bracketed_or_zoned(text))?;
    Some(address.to_canonical())
}

/// `[2001:db8::1]`, `fe80::1%eth0`, and both with a port.
fn bracketed_or_zoned(text: &str) -> Option<IpAddr> {
    let inside = match text.strip_prefix('[') {
        Some(rest) => {
            let (inside, after) = rest.split_once(']')?;
            let port = after.strip_prefix(':').map(str::parse::<u16>);
            let is_port = after.is_empty() || matches!(port, Some(Ok(_)));
            is_port.then_some(inside)?
        }
        None => text,
    };
    let address = match inside.split_once('%') {
        Some((_, "")) => return None,
        Some((address, _)) => address,
        None => inside,
    };
    // Neither brackets nor zones belong to an IPv4 address.
    address.parse::<Ipv6Addr>().ok().map(IpAddr::V6)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_to_write_an_address_has_one_form_and_one_prefix() {
        for (text, alone, network) in [
            ("198.51.100.7", "198.51.100.7", "198.51.100.0/24"),
            (" 198.51.100.7 ", "198.51.100.7", "198.51.100.0/24"),
            ("198.51.100.7:44321", "198.51.100.7", "198.51.100.0/24"),
            ("::ffff:198.51.100.7", "198.51.100.7", "198.51.100.0/24"),
            ("[::ffff:198.51.100.7]:443", "198.51.100.7", "198.51.100.0/24"),
            ("2001:DB8:1:2:3:4:5:6", "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
            ("2001:0db8:0001:0002:0:0:0:0009", "2001:db8:1:2::9", "2001:db8:1:2::/64"),
            ("[2001:db8:1:2::9]:443", "2001:db8:1:2::9", "2001:db8:1:2::/64"),
            ("[2001:db8:1:2::9]", "2001:db8:1:2::9", "2001:db8:1:2::/64"),
            ("fe80::1%eth0", "fe80::1", "fe80::/64"),
            ("[fe80::1%25eth0]:443", "fe80::1", "fe80::/64"),
        ] {
            assert_eq!(address(text).as_deref(), Some(alone), "{text}");
            assert_eq!(prefix(text).as_deref(), Some(network), "{text}");
        }
    }

    #[test]
    fn a_network_holds_its_addresses_and_no_others() {
        for (network, inside, outside) in [
            ("10.0.0.0/8", "10.255.0.1", "11.0.0.1"),
            ("10.1.2.3/8", "10.255.0.1", "9.255.255.255"),
            ("0.0.0.0/0", "255.1.2.3", "2001:db8::1"),
            ("198.51.100.7", "198.51.100.7:443", "198.51.100.8"),
            ("2001:db8::/32", "[2001:db8:ffff::1]:443", "2001:db9::1"),
            ("::/0", "2001:db8::1", "198.51.100.7"),
            ("198.51.100.0/24", "::ffff:198.51.100.7", "198.51.101.7"),
        ] {
            let prefix = Prefix::parse(network).unwrap();
            assert!(prefix.contains(parse(inside).unwrap()), "{network} {inside}");
            assert!(!prefix.contains(parse(outside).unwrap()), "{network} {outside}");
        }
        for text in
            ["", "10.0.0.0/33", "2001:db8::/129", "10.0.0/8", "10.0.0.0/", "a/8", "1.2.3.4/-1"]
        {
            assert_eq!(Prefix::parse(text), None, "{text}");
        }
        assert_eq!(network("198.51.100.7", 16).as_deref(), Some("198.51.0.0/16"));
        assert_eq!(network("2001:db8:1:2::9", 48).as_deref(), Some("2001:db8:1::/48"));
        assert_eq!((network("198.51.100.7", 33), network("198.51.100.7", -1)), (None, None));
    }

    #[test]
    fn what_is_no_address_has_neither() {
        for text in [
            "<null>",
            "127.0.0.0/8",
            "",
            "198.51.100",
            "198.51.100.07",
            "198.51.100.7:99999",
            "[198.51.100.7]",
            "198.51.100.7%eth0",
            "[2001:db8::1]x",
            "[2001:db8::1",
            "fe80::1%",
            "::2a02::1",
        ] {
            assert_eq!(
                (address(text), prefix(text), is_private(text)),
                (None, None, None),
                "{text}"
            );
        }
    }

    #[test]
    fn private_ranges_are_told_from_public_ones() {
        for (text, private) in [
            ("10.1.2.3", true),
            ("172.16.0.1", true),
            ("172.32.0.1", false),
            ("192.168.1.1:80", true),
            ("127.0.0.1", true),
            ("169.254.1.1", true),
            ("fd00::1", true),
            ("::1", true),
            ("fe80::1%eth0", true),
            ("::ffff:10.0.0.1", true),
            ("198.51.100.7", false),
            ("2001:db8::1", false),
        ] {
            assert_eq!(is_private(text), Some(private), "{text}");
        }
    }
}
