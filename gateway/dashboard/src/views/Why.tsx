/** What changed last, and so moved the numbers. */
export function Why({ lines }: { readonly lines: readonly string[] }) {
  if (lines.length === 0) return null;
  return (
    <section class="why" aria-label="What changed last" data-testid="why">
      <h2>What changed</h2>
      {lines.map((line, index) => (
        <p key={index}>{line}</p>
      ))}
    </section>
  );
}
