const LARGE: f64 = 100;

export function isLarge(price: f64): bool {
  return price > LARGE;
}

export function twice(number: f64): f64 {
  return number + number;
}
