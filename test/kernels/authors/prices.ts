const LARGE: f64 = 100;

export function isLarge(price: f64): bool {
  return price > LARGE;
}

export function twice<T>(number: T): T {
  return <T>(number + number);
}
