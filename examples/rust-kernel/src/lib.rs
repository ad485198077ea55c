//! Kernels in Rust for Peridot, without dependencies. Build: cargo build --release --target wasm32-unknown-unknown
mod records;

use records::{Emitter, Row};

/// One record for each word of the text: the word, in lower case, is the key; the value is where it stood, from 1.
fn words(row: &Row, out: &mut Emitter) {
    let text = match std::str::from_utf8(row.value.unwrap_or_default()) {
        Ok(text) => text,
        Err(_) => return out.fail("the text is not UTF-8"),
    };
    for (index, word) in text.split_whitespace().enumerate() {
        let key = word.to_lowercase();
        out.emit(Some(key.as_bytes()), Some((index + 1).to_string().as_bytes()), row.timestamp);
    }
}

#[no_mangle]
pub extern "C" fn peridot_kernel_words(at: *const u8, bytes: usize) -> *const u8 {
    records::run(at, bytes, words)
}
