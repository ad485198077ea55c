export default function (): void {
  throw new RangeError("no topology today");
}
