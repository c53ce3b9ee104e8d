//! AMQP frames with all of their fields.
//!
//! A sender may leave off the fields at the end of a list when they are null, and the AMQP library
//! here does. Event Hubs itself writes them out, and Microsoft's Python library (azure-eventhub
//! 5.15) counts on it: it takes fields by their place and fails over a list that is too short. So
//! what a devhub says is written anew on its way out, with the nulls that were left off.

/// Bytes of the header of a frame, and of the protocol header before the first one.
const HEADER_BYTES: usize = 8;
const NULL: u8 = 0x40;
const DESCRIBED: u8 = 0x00;
const LIST0: u8 = 0x45;
const LIST8: u8 = 0xc0;
const LIST32: u8 = 0xd0;
const SMALL_ULONG: u8 = 0x53;
const ULONG: u8 = 0x80;
const BEGIN: u64 = 0x11;
/// `handle-max` of a `begin`, and its default, which the Python library does not know.
const HANDLE_MAX: usize = 4;
const HANDLE_MAX_DEFAULT: [u8; 5] = [0x70, 0xff, 0xff, 0xff, 0xff];

/// Fields of a composite type by its descriptor (AMQP 1.0, parts 2 and 3); 0 for what is left alone.
fn field_count(descriptor: u64) -> usize {
    match descriptor {
        0x10 => 10, // open
        BEGIN => 8,
        0x12 => 14,               // attach
        0x13 | 0x14 | 0x28 => 11, // flow, transfer, source
        0x15 => 6,                // disposition
        0x16 | 0x1d | 0x27 => 3,  // detach, error, modified
        0x17 | 0x18 | 0x25 => 1,  // end, close, rejected
        0x29 => 7,                // target
        _ => 0,
    }
}

/// Completes the frames of one connection as they pass.
#[derive(Default)]
pub(super) struct Completion {
    /// The beginning of a frame whose end has not come yet.
    begun: Vec<u8>,
}

impl Completion {
    /// Takes the next bytes, however they were cut, and gives the frames that are whole now.
    pub(super) fn pass(&mut self, bytes: &[u8]) -> Vec<u8> {
        self.begun.extend_from_slice(bytes);
        let mut out = Vec::with_capacity(self.begun.len() + 16);
        let mut taken = 0;
        while let Some(unit) = next_unit(&self.begun[taken..]) {
            taken += unit.len();
            if unit.starts_with(b"AMQP") {
                out.extend_from_slice(unit);
            } else {
                complete_frame(unit, &mut out);
            }
        }
        self.begun.drain(..taken);
        out
    }
}

/// The protocol header or frame that is next, if all of it is there.
fn next_unit(bytes: &[u8]) -> Option<&[u8]> {
    let first = bytes.first_chunk::<4>()?;
    // As the size of a frame the letters of the header would be a gigabyte.
    let length = if first == b"AMQP" { HEADER_BYTES } else { length(*first)? };
    bytes.get(..length.max(HEADER_BYTES))
}

/// A frame that cannot be read stays as it is.
fn complete_frame(frame: &[u8], out: &mut Vec<u8>) {
    let start = out.len();
    let body_at = usize::from(frame[4]) * 4;
    let is_amqp = frame[5] == 0;
    let completed = frame.get(body_at..).filter(|body| is_amqp && !body.is_empty());
    let completed = completed.and_then(|body| {
        let mut performative = Vec::with_capacity(body.len() + 16);
        let payload = complete_value(body, &mut performative)?;
        Some((performative, payload))
    });
    let Some((performative, payload)) = completed else {
        out.extend_from_slice(frame);
        return;
    };
    out.extend_from_slice(&frame[..body_at]);
    out.extend_from_slice(&performative);
    out.extend_from_slice(payload);
    match u32::try_from(out.len() - start) {
        Ok(size) => out[start..start + 4].copy_from_slice(&size.to_be_bytes()),
        Err(_) => {
            out.truncate(start);
            out.extend_from_slice(frame);
        }
    }
}

/// Writes the first value, and every list of fields in it completed; gives what follows it.
fn complete_value<'a>(bytes: &'a [u8], out: &mut Vec<u8>) -> Option<&'a [u8]> {
    let end = value_length(bytes)?;
    let (value, rest) = bytes.split_at_checked(end)?;
    if let Some((descriptor, list)) = described_list(value) {
        let fields = field_count(descriptor);
        out.extend_from_slice(&value[..value.len() - list.len()]);
        if fields > 0 {
            complete_list(descriptor, list, fields, out)?;
            return Some(rest);
        }
        out.extend_from_slice(list);
    } else {
        out.extend_from_slice(value);
    }
    Some(rest)
}

/// A described list: the code that describes it, and its bytes.
fn described_list(value: &[u8]) -> Option<(u64, &[u8])> {
    let (descriptor, list) = match value {
        [DESCRIBED, SMALL_ULONG, code, list @ ..] => (u64::from(*code), list),
        [DESCRIBED, ULONG, rest @ ..] => {
            let (code, list) = rest.split_first_chunk::<8>()?;
            (u64::from_be_bytes(*code), list)
        }
        _ => return None,
    };
    matches!(list.first()?, &LIST0 | &LIST8 | &LIST32).then_some((descriptor, list))
}

fn complete_list(descriptor: u64, list: &[u8], fields: usize, out: &mut Vec<u8>) -> Option<()> {
    let (count, mut rest) = match *list.first()? {
        LIST0 => (0, &[][..]),
        LIST8 => (usize::from(*list.get(2)?), list.get(3..)?),
        _ => (length(*list.get(5..)?.first_chunk()?)?, list.get(9..)?),
    };
    let mut items = Vec::with_capacity(rest.len() + fields);
    for field in 0..fields.max(count) {
        let is_null = field >= count || rest.first() == Some(&NULL);
        if is_null && descriptor == BEGIN && field == HANDLE_MAX {
            items.extend_from_slice(&HANDLE_MAX_DEFAULT);
            rest = if field < count { &rest[1..] } else { rest };
        } else if field >= count {
            items.push(NULL);
        } else {
            rest = complete_value(rest, &mut items)?;
        }
    }
    // The size counts the number of fields too. As short as can be: a frame of full size whose fields
    // are all there, as those of a large message, must not grow.
    match (u8::try_from(items.len() + 1), u8::try_from(fields.max(count))) {
        (Ok(size), Ok(count)) => out.extend_from_slice(&[LIST8, size, count]),
        _ => {
            out.push(LIST32);
            out.extend_from_slice(&u32::try_from(items.len() + 4).ok()?.to_be_bytes());
            out.extend_from_slice(&u32::try_from(fields.max(count)).ok()?.to_be_bytes());
        }
    }
    out.extend_from_slice(&items);
    Some(())
}

/// Bytes of the first value, its constructor included (AMQP 1.0, part 1, section 1.2).
fn value_length(bytes: &[u8]) -> Option<usize> {
    let (constructor, rest) = bytes.split_first()?;
    let body = match constructor >> 4 {
        _ if *constructor == DESCRIBED => {
            let descriptor = value_length(rest)?;
            descriptor + value_length(rest.get(descriptor..)?)?
        }
        0x4 => 0,
        0x5 => 1,
        0x6 => 2,
        0x7 => 4,
        0x8 => 8,
        0x9 => 16,
        0xa | 0xc | 0xe => 1 + usize::from(*rest.first()?),
        0xb | 0xd | 0xf => 4 + length(*rest.first_chunk()?)?,
        _ => return None,
    };
    Some(1 + body)
}

fn length(bytes: [u8; 4]) -> Option<usize> {
    usize::try_from(u32::from_be_bytes(bytes)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use fe2o3_amqp_types::definitions::{AmqpError, Error, Handle, Role};
    use fe2o3_amqp_types::messaging::{Source, Target};
    use fe2o3_amqp_types::performatives::{Attach, Begin, Close, Flow, Performative, Transfer};
    use serde_amqp::{from_slice, to_vec};

    fn frame(performative: &Performative, payload: &[u8]) -> Vec<u8> {
        let body = to_vec(performative).unwrap();
        let size = u32::try_from(HEADER_BYTES + body.len() + payload.len()).unwrap();
        [&size.to_be_bytes()[..], &[2, 0, 0, 7], &body, payload].concat()
    }

    /// The fields of the list of a frame, as bytes, and what follows the list.
    fn fields(frame: &[u8]) -> (Vec<&[u8]>, &[u8]) {
        assert_eq!(length(*frame.first_chunk().unwrap()), Some(frame.len()));
        assert_eq!(frame[4..8], [2, 0, 0, 7]);
        let body = &frame[HEADER_BYTES..];
        let (value, payload) = body.split_at(value_length(body).unwrap());
        let (_, list) = described_list(value).unwrap();
        assert_eq!(list[..2], [LIST8, u8::try_from(list.len() - 2).unwrap()]);
        let mut rest = &list[3..];
        let mut fields = Vec::new();
        for _ in 0..list[2] {
            let (field, after) = rest.split_at(value_length(rest).unwrap());
            fields.push(field);
            rest = after;
        }
        assert!(rest.is_empty());
        (fields, payload)
    }

    fn performatives() -> Vec<(Performative, usize)> {
        let error = Error::new(AmqpError::NotFound, Some("gone".to_owned()), None);
        let attach = Attach {
            name: "link".to_owned(),
            handle: Handle(3),
            role: Role::Sender,
            snd_settle_mode: Default::default(),
            rcv_settle_mode: Default::default(),
            source: Some(Box::new(Source::builder().address("here").build())),
            target: Some(Box::new(Target::builder().address("there").build().into())),
            unsettled: None,
            incomplete_unsettled: false,
            initial_delivery_count: Some(0),
            max_message_size: None,
            offered_capabilities: None,
            desired_capabilities: None,
            properties: None,
        };
        let begin = Begin {
            remote_channel: Some(1),
            next_outgoing_id: 0,
            incoming_window: 5,
            outgoing_window: 5,
            handle_max: Default::default(),
            offered_capabilities: None,
            desired_capabilities: None,
            properties: None,
        };
        let flow = Flow {
            next_incoming_id: None,
            incoming_window: 5,
            next_outgoing_id: 0,
            outgoing_window: 5,
            handle: Some(Handle(1)),
            delivery_count: None,
            link_credit: None,
            available: None,
            drain: false,
            echo: false,
            properties: None,
        };
        let transfer = Transfer {
            handle: Handle(1),
            delivery_id: Some(2),
            delivery_tag: None,
            message_format: None,
            settled: Some(true),
            more: false,
            rcv_settle_mode: None,
            state: None,
            resume: false,
            aborted: false,
            batchable: false,
        };
        vec![
            (Performative::Attach(attach), 14),
            (Performative::Begin(begin), 8),
            (Performative::Flow(flow), 11),
            (Performative::Transfer(transfer), 11),
            (Performative::Close(Close { error: Some(error) }), 1),
            (Performative::Close(Close { error: None }), 1),
        ]
    }

    #[test]
    fn every_field_is_there_and_says_what_it_said() {
        for (performative, count) in performatives() {
            let frame = Completion::default().pass(&frame(&performative, b"payload"));
            let (fields, payload) = fields(&frame);
            assert_eq!(fields.len(), count, "{performative:?}");
            assert_eq!(payload, b"payload");
            let body = &frame[HEADER_BYTES..frame.len() - payload.len()];
            let read: Performative = from_slice(body).unwrap();
            assert_eq!(format!("{read:?}"), format!("{performative:?}"));
        }
    }

    #[test]
    fn the_lists_inside_are_completed_too_and_a_default_is_written_out() {
        let all = performatives();
        let completed = |index: usize| Completion::default().pass(&frame(&all[index].0, b""));
        let nested = |field: &[u8]| {
            let (_, list) = described_list(field).unwrap();
            list[2]
        };
        let attach = completed(0);
        assert_eq!(nested(fields(&attach).0[5]), 11);
        assert_eq!(nested(fields(&attach).0[6]), 7);
        let begin = completed(1);
        assert_eq!(fields(&begin).0[HANDLE_MAX], HANDLE_MAX_DEFAULT);
        let close = completed(4);
        assert_eq!(nested(fields(&close).0[0]), 3);
    }

    #[test]
    fn a_frame_whose_fields_are_all_there_stays_as_it_is() {
        let Performative::Transfer(mut transfer) = performatives().remove(3).0 else {
            unreachable!("see there");
        };
        transfer.batchable = true;
        let frame = frame(&Performative::Transfer(transfer), b"payload");
        assert_eq!(Completion::default().pass(&frame), frame);
    }

    #[test]
    fn a_long_list_is_completed_in_the_long_form() {
        let error = Error::new(AmqpError::NotFound, Some("x".repeat(300)), None);
        let close = Performative::Close(Close { error: Some(error) });
        let bytes = Completion::default().pass(&frame(&close, b""));
        let read: Performative = from_slice(&bytes[HEADER_BYTES..]).unwrap();
        assert_eq!(format!("{read:?}"), format!("{close:?}"));
        assert_eq!(bytes.last(), Some(&NULL), "the information that is not there");
    }

    #[test]
    fn it_does_not_matter_how_the_bytes_were_cut() {
        let mut bytes = b"AMQP\x00\x01\x00\x00".to_vec();
        // A heartbeat, which has no body.
        bytes.extend_from_slice(&[0, 0, 0, 8, 2, 0, 0, 0]);
        for (performative, _) in performatives() {
            bytes.extend_from_slice(&frame(&performative, b"AMQP in a payload"));
        }
        let at_once = Completion::default().pass(&bytes);
        assert!(at_once.len() > bytes.len());
        for size in [1, 3, 7, 64] {
            let mut completion = Completion::default();
            let pieces: Vec<u8> = bytes.chunks(size).flat_map(|c| completion.pass(c)).collect();
            assert_eq!(pieces, at_once, "{size}");
            assert!(completion.begun.is_empty());
        }
    }

    #[test]
    fn what_is_no_amqp_frame_passes_unchanged() {
        // SASL mechanisms, and a frame whose body breaks off.
        let sasl = [0, 0, 0, 15, 2, 1, 0, 0, 0x00, 0x53, 0x40, LIST8, 2, 1, NULL];
        let broken = [0, 0, 0, 13, 2, 0, 0, 0, 0x00, 0x53, 0x10, LIST8, 9];
        let mut completion = Completion::default();
        assert_eq!(completion.pass(&sasl), sasl);
        assert_eq!(completion.pass(&broken), broken);
    }
}
