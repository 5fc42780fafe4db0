// What CHANGELOG.md says of a release:  node scripts/release-notes.js v1.2.3

const { readFileSync } = require('node:fs');
const { join } = require('node:path');

/**
 * The part of a changelog (keepachangelog.com) that is about a version, without its heading.
 * @param {string} changelog @param {string} tag Such as v1.2.3.
 */
function releaseNotes(changelog, tag) {
  const version = tag.replace(/^v/, '');
  const parts = changelog.split(/^## /m).slice(1);
  const part = parts.find((each) => each.startsWith(`[${version}]`));
  if (!part) throw new Error(`CHANGELOG.md has no part "## [${version}] - DATE"`);
  const [heading = '', ...lines] = part.split('\n');
  if (!/ - \d{4}-\d\d-\d\d$/.test(heading))
    throw new Error(`CHANGELOG.md gives no date for ${version}: "## ${heading}"`);
  const notes = lines.join('\n').trim();
  if (notes === '') throw new Error(`CHANGELOG.md says nothing of ${version}`);
  return `${notes}\n`;
}

module.exports = { releaseNotes };

if (require.main === module) {
  try {
    const [tag = ''] = process.argv.slice(2);
    process.stdout.write(releaseNotes(readFileSync(join(__dirname, '../CHANGELOG.md'), 'utf8'), tag));
  } catch (error) {
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  }
}
