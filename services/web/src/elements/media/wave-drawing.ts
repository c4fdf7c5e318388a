const barWidthPx = 3;
const gapPx = 2;

/** Draws `peaks` (0..1) as bars over the canvas in its CSS colours, up to `played` (0..1) in the accent colour. */
export function drawWave(canvas: HTMLCanvasElement, peaks: readonly number[], played: number): void {
  const { clientWidth: width, clientHeight: height } = canvas;
  const context = canvas.getContext('2d');
  if (!context || width === 0) return;
  const scale = devicePixelRatio || 1;
  if (canvas.width !== Math.round(width * scale)) canvas.width = Math.round(width * scale);
  if (canvas.height !== Math.round(height * scale)) canvas.height = Math.round(height * scale);
  context.setTransform(scale, 0, 0, scale, 0, 0);
  context.clearRect(0, 0, width, height);
  const style = getComputedStyle(canvas);
  const bars = Math.max(1, Math.floor((width + gapPx) / (barWidthPx + gapPx)));
  for (let bar = 0; bar < bars; bar += 1) {
    const tall = Math.max(3, loudest(peaks, bar / bars, (bar + 1) / bars) * (height - 4));
    context.fillStyle = bar / bars < played ? style.getPropertyValue('accent-color') : style.color;
    context.beginPath();
    context.roundRect(bar * (barWidthPx + gapPx), (height - tall) / 2, barWidthPx, tall, barWidthPx / 2);
    context.fill();
  }
}

/** Returns the highest peak between two positions (0..1), because an average would flatten every beat. */
export function loudest(peaks: readonly number[], from: number, to: number): number {
  const start = Math.floor(from * peaks.length);
  const end = Math.max(start + 1, Math.floor(to * peaks.length));
  return peaks.slice(start, end).reduce((most, peak) => Math.max(most, peak), 0);
}
