//! How many connections each peer has.

use std::{
    collections::{HashMap, hash_map::Entry},
    fmt,
    net::{IpAddr, Ipv6Addr, SocketAddr},
};

/// Who is behind an address: one machine of IPv4, or one network of IPv6, where a machine may take
/// any address of its 64 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Peer(IpAddr);

impl Peer {
    pub(crate) fn of(address: SocketAddr) -> Self {
        Self(match address.ip().to_canonical() {
            IpAddr::V4(address) => address.into(),
            IpAddr::V6(address) => {
                let network = u128::from(address) & !u128::from(u64::MAX);
                Ipv6Addr::from(network).into()
            }
        })
    }
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            IpAddr::V4(address) => write!(f, "{address}"),
            IpAddr::V6(network) => write!(f, "{network}/64"),
        }
    }
}

/// The number of connections of each peer that has any.
pub(super) struct Peers {
    most: usize,
    counts: HashMap<Peer, usize>,
}

impl Peers {
    pub(super) fn new(most: usize) -> Self {
        Self {
            most,
            counts: HashMap::new(),
        }
    }

    /// Whether the peer may have one more.
    pub(super) fn has_room(&self, peer: Peer) -> bool {
        self.counts
            .get(&peer)
            .is_none_or(|count| *count < self.most)
    }

    pub(super) fn add(&mut self, peer: Peer) {
        *self.counts.entry(peer).or_default() += 1;
    }

    pub(super) fn remove(&mut self, peer: Peer) {
        if let Entry::Occupied(mut count) = self.counts.entry(peer) {
            *count.get_mut() -= 1;
            if *count.get() == 0 {
                count.remove();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peer(ip: &str) -> Peer {
        Peer::of(SocketAddr::new(ip.parse().expect("an address"), 7))
    }

    #[test]
    fn a_peer_has_its_share() {
        let mut peers = Peers::new(2);
        let (here, there) = (peer("192.0.2.1"), peer("192.0.2.2"));
        for peer in [here, here, there] {
            assert!(peers.has_room(peer));
            peers.add(peer);
        }
        assert!(!peers.has_room(here));
        assert!(peers.has_room(there));
        peers.remove(here);
        assert!(peers.has_room(here));
        for peer in [here, there, there] {
            peers.remove(peer);
        }
        assert!(peers.counts.is_empty(), "nobody is kept who has gone");
    }

    #[test]
    fn a_network_of_ipv6_is_one_peer() {
        assert_eq!(peer("2001:db8::1"), peer("2001:db8::ffff:2"));
        assert_ne!(peer("2001:db8::1"), peer("2001:db8:0:1::1"));
        assert_eq!(peer("::ffff:192.0.2.1"), peer("192.0.2.1"));
        assert_eq!(peer("2001:db8::1").to_string(), "2001:db8::/64");
    }
}
