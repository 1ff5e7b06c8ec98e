const BEGIN = '<!-- configuration:begin -->';
const END = '<!-- configuration:end -->';

/**
 * The README with its table of variables made anew.
 *
 * @param {string} readme
 * @param {readonly {name: string, defaultText: string, choices: readonly string[], description: string}[]} rows
 */
export function withConfiguration(readme, rows) {
  const [start, end] = [readme.indexOf(BEGIN), readme.indexOf(END)];
  if (start < 0 || end < start) throw new Error('The README has no place for the configuration.');
  return `${readme.slice(0, start)}${BEGIN}\n\n${configurationTable(rows)}\n${readme.slice(end)}`;
}

function configurationTable(rows) {
  const lines = rows.map(({ name, defaultText, choices, description }) => {
    const values = choices.length > 0 ? `${choices.map((choice) => `\`${choice}\``).join(', ')}. ` : '';
    return `| \`${name}\` | ${defaultText === '' ? '' : `\`${defaultText}\``} | ${values}${escaped(description)} |`;
  });
  return ['| variable | default | |', '|---|---|---|', ...lines, ''].join('\n');
}

const escaped = (text) => text.replaceAll('|', '\\|');
