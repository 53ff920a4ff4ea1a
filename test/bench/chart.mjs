// The report's ratios as a picture: a bar each, a line at 1 (the bare reference), a mark at the aim.
const ROW = 22;
const LABEL = 560;
const WIDTH = 420;
/** What is larger is cut, and told by its number. */
const MOST = 5;

const escape = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
const at = (value) => LABEL + (Math.min(value, MOST) / MOST) * WIDTH;
const isMet = ({ value, atLeast = -Infinity, atMost = Infinity }) =>
  value >= atLeast && value <= atMost;

/** @returns an SVG document */
export function chart({ ratios, machine, node, at: day }) {
  const height = (ratios.length + 3) * ROW;
  const bars = ratios.map((one, index) => {
    const top = (index + 2) * ROW;
    const aim = one.atLeast ?? one.atMost;
    const colour = aim === undefined ? '#8aa0b8' : isMet(one) ? '#3a9d6a' : '#d1702e';
    const mark =
      aim === undefined
        ? ''
        : `<line x1="${at(aim)}" x2="${at(aim)}" y1="${top - 2}" y2="${top + 16}" stroke="#222" stroke-dasharray="2 2"/>`;
    return (
      `<text x="${LABEL - 8}" y="${top + 11}" text-anchor="end">${escape(one.name)}</text>` +
      `<rect x="${LABEL}" y="${top}" width="${at(one.value) - LABEL}" height="14" fill="${colour}"/>` +
      `<text x="${at(one.value) + 6}" y="${top + 11}">${one.value}</text>${mark}`
    );
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${LABEL + WIDTH + 60}" height="${height}" font-family="sans-serif" font-size="11" fill="#222">
<rect width="100%" height="100%" fill="#fff"/>
<text x="10" y="16" font-size="13">Ratios of one run: green meets its aim (dashed), orange misses it, grey has none</text>
<text x="10" y="${height - 8}">${escape(`${machine}, Node ${node}, ${day}`)}</text>
<line x1="${at(1)}" x2="${at(1)}" y1="${ROW}" y2="${height - ROW}" stroke="#999"/>
${bars.join('\n')}
</svg>
`;
}
