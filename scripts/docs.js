// Writes the tables of inputs and outputs in README.md from action.yml; with --check it only says whether they agree.

const { readFileSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');
const { parse } = require('yaml');

const root = join(__dirname, '..');
const readme = join(root, 'README.md');

function tables() {
  const { inputs, outputs } = parse(readFileSync(join(root, 'action.yml'), 'utf8'));
  const cell = (text) => String(text).replaceAll('|', '\\|');
  const input = ([name, { description, required, default: value }]) =>
    `| \`${name}\`${required ? ' **(required)**' : ''} | ${cell(description)} | ${value === undefined ? '' : `\`${cell(value)}\``} |`;
  return {
    inputs: ['| input | what it is | default |', '| --- | --- | --- |', ...Object.entries(inputs).map(input)].join(
      '\n',
    ),
    outputs: [
      '| output | what it is |',
      '| --- | --- |',
      ...Object.entries(outputs).map(([name, { description }]) => `| \`${name}\` | ${cell(description)} |`),
    ].join('\n'),
  };
}

function render(text) {
  return Object.entries(tables()).reduce(
    (all, [name, table]) =>
      all.replace(
        new RegExp(`(<!-- ${name}:begin -->\n)[\\s\\S]*?(<!-- ${name}:end -->)`),
        (_, begin, end) => `${begin}${table}\n${end}`,
      ),
    text,
  );
}

module.exports = { render };

if (require.main === module) {
  const before = readFileSync(readme, 'utf8');
  const after = render(before);
  if (process.argv.includes('--check')) {
    if (before !== after) {
      process.stderr.write('README.md is behind action.yml: run npm run docs\n');
      process.exitCode = 1;
    }
  } else writeFileSync(readme, after);
}
