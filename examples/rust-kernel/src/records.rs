//! The layouts of Peridot's kernels/abi/foreign.ts: records follow one another, little endian.
use std::cell::RefCell;

const RECORDS_FIRST_AT: usize = 8;
const RECORD_HEAD_BYTES: usize = 32;
const KIND_RECORD: u32 = 0;
const KIND_REFUSED: u32 = 1;

/// A record of the batch, where it stands.
pub struct Row<'a> {
    pub row: u32,
    pub timestamp: i64,
    #[allow(dead_code)]
    pub key: Option<&'a [u8]>,
    pub value: Option<&'a [u8]>,
}

/// Where records go. Headers are those of the row.
pub struct Emitter {
    bytes: Vec<u8>,
    count: u32,
    row: u32,
}

impl Emitter {
    pub fn emit(&mut self, key: Option<&[u8]>, value: Option<&[u8]>, timestamp: i64) {
        self.record(KIND_RECORD, key, value, timestamp);
    }

    /// Refuses the row: what was emitted of it does not count.
    pub fn fail(&mut self, reason: &str) {
        self.record(KIND_REFUSED, None, Some(reason.as_bytes()), 0);
    }

    fn record(&mut self, kind: u32, key: Option<&[u8]>, value: Option<&[u8]>, timestamp: i64) {
        let parts = key.map_or(0, <[u8]>::len) + value.map_or(0, <[u8]>::len);
        let bytes = (RECORD_HEAD_BYTES + parts + 7) & !7;
        let end = self.bytes.len() + bytes;
        let length = |part: Option<&[u8]>| part.map_or(-1, |part| part.len() as i32).to_le_bytes();
        self.bytes.extend_from_slice(&(bytes as u32).to_le_bytes());
        self.bytes.extend_from_slice(&self.row.to_le_bytes());
        self.bytes.extend_from_slice(&timestamp.to_le_bytes());
        self.bytes.extend_from_slice(&length(key));
        self.bytes.extend_from_slice(&length(value));
        self.bytes.extend_from_slice(&(-1i32).to_le_bytes());
        self.bytes.extend_from_slice(&kind.to_le_bytes());
        self.bytes.extend_from_slice(key.unwrap_or_default());
        self.bytes.extend_from_slice(value.unwrap_or_default());
        self.bytes.resize(end, 0);
        self.count += 1;
    }
}

thread_local! {
    /// The batch (words, so that it begins at a multiple of 8) and the answer: theirs until the next call.
    static BATCH: RefCell<Vec<u64>> = RefCell::new(Vec::new());
    static ANSWER: RefCell<Vec<u64>> = RefCell::new(Vec::new());
}

#[no_mangle]
pub extern "C" fn peridot_abi_version() -> u32 {
    1
}

#[no_mangle]
pub extern "C" fn peridot_alloc(bytes: usize) -> *mut u8 {
    BATCH.with(|batch| {
        batch.borrow_mut().resize((bytes + 7) / 8, 0);
        batch.borrow_mut().as_mut_ptr().cast()
    })
}

/// Calls `kernel` for each record of the batch that the host has written where `peridot_alloc` said.
pub fn run(at: *const u8, bytes: usize, kernel: impl Fn(&Row, &mut Emitter)) -> *const u8 {
    let batch = unsafe { std::slice::from_raw_parts(at, bytes) };
    let mut out = Emitter { bytes: vec![0; RECORDS_FIRST_AT], count: 0, row: 0 };
    let mut record = RECORDS_FIRST_AT;
    for _ in 0..word(batch, 4) {
        let row = read(&batch[record..]);
        out.row = row.row;
        kernel(&row, &mut out);
        record += word(batch, record) as usize;
    }
    let total = out.bytes.len() as u32;
    out.bytes[0..4].copy_from_slice(&total.to_le_bytes());
    out.bytes[4..8].copy_from_slice(&out.count.to_le_bytes());
    let words = out.bytes.chunks_exact(8).map(|word| u64::from_le_bytes(word.try_into().unwrap()));
    ANSWER.with(|answer| {
        *answer.borrow_mut() = words.collect();
        answer.borrow().as_ptr().cast()
    })
}

fn read(record: &[u8]) -> Row<'_> {
    let mut at = RECORD_HEAD_BYTES;
    let mut part = |length: i32| {
        let length = usize::try_from(length).ok()?;
        at += length;
        Some(&record[at - length..at])
    };
    Row {
        row: word(record, 4),
        timestamp: i64::from_le_bytes(record[8..16].try_into().unwrap()),
        key: part(word(record, 16) as i32),
        value: part(word(record, 20) as i32),
    }
}

fn word(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap())
}
