import fc from 'fast-check';
import { OUTCOMES, type Outcome, type Serving } from '../../src/outcome';
import { PHASES, type Phase } from '../../src/report/phase';
import { escapeText, gantt, renderSummary } from '../../src/report/render';
import type { Report } from '../../src/report/report';
import { adviceWords, explain, line, problem } from '../../src/words/words';
import type { Advice } from '../../src/workload/advice';

const IMAGE = `caringnote/caring-note-api:new@sha256:${'2'.repeat(64)}`;

function report(change: Partial<Report> = {}): Report {
  return {
    operation: 'deploy',
    outcome: 'deployed',
    deployment: 'caring-note-api',
    namespace: 'default',
    image: IMAGE,
    previousImage: 'caringnote/caring-note-api:old',
    revision: '4',
    tags: [],
    serving: 'new',
    problems: [],
    warnings: [],
    pods: [],
    logs: [],
    events: [],
    advice: [],
    phases: [],
    durationMs: 65_000,
    ...change,
  };
}

/** What the rows of the first table are about. */
const factsOf = (of: Report) =>
  [...renderSummary(of).matchAll(/^<tr><td nowrap>(.*?)<\/td><td>.+<\/td><\/tr>$/gm)].map(([, name]) => name);

const crash = problem('cause.crash', {
  namespace: 'default',
  pod: 'web-1',
  container: 'app',
  isInit: false,
  exitCode: 1,
  ends: 3,
  said: 'no database',
});

describe('the summary', () => {
  it('has what the manifests change, folded, and once where there is a plan', () => {
    const changes = ['  configmap/a', '+ data.x: "</details>"'];
    const shown = renderSummary(report({ changes }));
    expect(shown).toContain(
      `<details><summary>What the manifests changed</summary>\n\n\`\`\`diff\n${changes.join('\n')}\n\`\`\``,
    );
    expect(renderSummary(report({ changes, plan: { steps: [], diff: changes } }))).not.toContain(
      'What the manifests changed',
    );
    expect(renderSummary(report({ changes: [] }))).not.toContain('What the manifests changed');
  });

  const marks: Record<Outcome, string> = {
    deployed: '✅',
    unchanged: '✅',
    restarted: '✅',
    'rolled-back': '✅',
    planned: '✅',
    refused: '❌',
    failed: '❌',
    'failed-rolled-back': '❌',
    'failed-rollback-failed': '❌',
    'failed-no-previous': '❌',
    superseded: '⚠️',
    cancelled: '⚠️',
    unknown: '⚠️',
  };

  it.each(OUTCOMES)('of %s begins with how it ended', (outcome) => {
    const [first, second] = renderSummary(report({ outcome })).split('\n\n');
    expect(first).toBe(
      `## ${marks[outcome]} ${line('outcome.headline', { operation: 'deploy', outcome, deployment: 'caring-note-api' })}`,
    );
    // Of a run that changed nothing, nobody asks who is served now.
    expect(second === line('outcome.serving', { serving: 'new' })).toBe(outcome !== 'refused' && outcome !== 'planned');
  });

  it.each<Serving>(['new', 'old', 'nobody', 'unknown'])('says who is served: %s', (serving) => {
    expect(renderSummary(report({ serving }))).toContain(line('outcome.serving', { serving }));
  });

  it('has a row for each thing that is known', () => {
    expect(factsOf(report())).toEqual(['Image', 'Before', 'Namespace', 'Revision', 'Took']);
  });

  it('has no row for what is not', () => {
    const { image: _, previousImage: __, revision: ___, ...bare } = report();
    expect(factsOf(bare)).toEqual(['Namespace', 'Took']);
  });

  it('lets the digest of an image begin a line of its own', () => {
    expect(renderSummary(report())).toContain('<code>caringnote/caring-note-api:new&#64;<wbr>sha256:2222');
  });

  it('shows every problem with what to do', () => {
    const problems = [crash, problem('run.cancelled', {})];
    const text = renderSummary(report({ outcome: 'failed', problems }));
    for (const { what, next } of problems.map(explain)) {
      expect(text).toContain(`**Why:** ${escapeText(what)}`);
      expect(text).toContain(`**What to do:** ${escapeText(next)}`);
    }
  });

  it('shows commands of several lines as they are, to be copied', () => {
    const { next } = explain(problem('ssh.host-key-missing', {}));
    const [, ...rest] = next.split('\n');
    expect(rest.length).toBeGreaterThan(0);
    const text = renderSummary(report({ outcome: 'refused', problems: [problem('ssh.host-key-missing', {})] }));
    expect(text).toContain(`\`\`\`text\n${rest.join('\n')}\n\`\`\``);
  });

  it.each([
    [{ bytes: 12_500_000, layers: 7 }, '12.5 MB compressed, 7 layers'],
    [
      { bytes: 12_500_000, layers: 7, added: { bytes: 1_500, layers: 1 } },
      '12.5 MB compressed, 7 layers; new since the image before: 1 layer, 1.5 kB',
    ],
    [
      { bytes: 950, layers: 1, added: { bytes: 0, layers: 0 } },
      '950 B compressed, 1 layer; new since the image before: nothing',
    ],
  ])('shows the size of the image: %j', (size, shown) => {
    expect(renderSummary(report({ size }))).toContain(escapeText(shown));
  });

  it.each([
    [31, 'and 1 more pod'],
    [35, 'and 5 more pods'],
  ])('of %i pods says how many it does not show', (count, shown) => {
    const pods = Array.from({ length: count }, (_, index) => ({
      ...{ name: `web-${index}`, version: 'new' as const, ready: true, restarts: 0, state: 'Running' },
    }));
    expect(renderSummary(report({ pods }))).toContain(shown);
  });

  it('says which version a pod has by its label, where there is one', () => {
    const pod = { name: 'web-1', version: 'old' as const, ready: true, restarts: 0, state: 'Running' };
    const [named, unnamed] = [{ ...pod, label: 'v1' }, pod].map((each) => renderSummary(report({ pods: [each] })));
    expect(named).toContain('| <code>web-1</code> | <code>v1</code> | yes |');
    expect(unnamed).toContain('| <code>web-1</code> | old | yes |');
  });

  it('shows the way back, the pods, the logs and the timeline', () => {
    const text = renderSummary(
      report({
        wayBack: { command: 'kubectl set image deployment/web app=a/b:c -n default', isKnownGood: true },
        events: [{ about: 'Pod web-1', reason: 'BackOff', message: 'Back-off restarting failed container', count: 4 }],
        pods: [
          { name: 'web-1', version: 'new', ready: false, restarts: 3, state: 'CrashLoopBackOff' },
          { name: 'web-0', version: 'old', ready: true, restarts: 0, state: 'Running' },
        ],
        logs: [{ pod: 'web-1', container: 'app', lines: 'no database\n  at main' }],
        warnings: ['mind the gap'],
        phases: [{ name: 'build', startMs: 0, endMs: 1_000, ended: 'done' }],
      }),
    );
    expect(text).toContain('```sh\nkubectl set image deployment/web app=a/b:c -n default\n```');
    expect(text).toContain('| <code>web-1</code> | new | no | 3 | CrashLoopBackOff |');
    expect(text).toContain('| <code>web-0</code> | old | yes | 0 | Running |');
    expect(text).toContain('```text\nno database\n  at main\n```');
    expect(text).toContain('> [!WARNING]\n> mind the gap');
    expect(text).toContain('```mermaid\ngantt');
  });
});

const HOSTILE = [
  '# heading',
  '**bold** _it_ ~~gone~~',
  '[link](javascript:alert(1)) ![picture](https://evil.example/x.png)',
  '<script>alert(1)</script><img src=x onerror=alert(1)>',
  '</code></details></summary><!-- -->',
  '`code` ```',
  '@everyone @medibird/team',
  'a | b || c',
  'https://evil.example http://evil.example ftp://evil.example www.evil.example WWW.evil.example',
  '&lt;b&gt; &#64;everyone',
  '\\*not\\*',
  'one\n\n# two\n- [ ] three\n===\n    four\r\n> five',
  '$(id); ::set-output name=x::y',
];

/** Whether a Markdown renderer would find nothing in it but text: what could begin anything is an entity. */
const isInert = (text: string) => !/[<>`*_[\]!|~@\\\n\r]|&(?!(?:amp|lt|gt|#\d+);)|:\/\/|www\.|#(?!\d+;)/i.test(text);

describe('what the cluster said', () => {
  const event = { about: 'Pod web-1', reason: 'BackOff', message: 'Back-off restarting failed container', count: 4 };

  it('is folded, each line with how often it was said', () => {
    const text = renderSummary(report({ events: [event, { ...event, reason: 'Failed', count: 1 }] }));
    expect(text).toMatch(
      /<details><summary>[^<]+<\/summary>\n\n```text\n4 × Pod web-1: BackOff: Back-off[^\n]+\n1 × Pod web-1: Failed: [^\n]+\n```\n\n<\/details>/,
    );
  });

  it('has at most 20 lines, the most frequent ones, and is left out where there is none', () => {
    const events = Array.from({ length: 50 }, (_, index) => ({
      ...event,
      about: `Pod web-${index}`,
      count: 99 - index,
    }));
    const text = renderSummary(report({ events }));
    expect(text).toContain('Pod web-19:');
    expect(text).not.toContain('Pod web-20:');
    expect(renderSummary(report())).not.toContain('<details>');
  });
});

describe('advice', () => {
  const noRequests: Advice = { code: 'no-requests', params: { container: 'app', neighbours: ['default/db'] } };
  const other: Advice = { code: 'manifest-differs', params: { container: 'app', applied: 'a/b:1', running: 'a/b:2' } };

  it.each([noRequests, other])('is shown, with what to write folded, as code: %j', (advice) => {
    const { text, snippet } = adviceWords(advice);
    const shown = renderSummary(report({ advice: [advice] }));
    expect(shown).toContain(escapeText(text));
    expect(shown.includes('<details>')).toBe(snippet !== undefined);
    if (snippet) expect(shown).toContain(`\n\n\`\`\`${snippet.language}\n${snippet.code}\n\`\`\`\n\n</details>`);
  });

  it('stands after what went wrong', () => {
    const shown = renderSummary(report({ outcome: 'failed', problems: [crash], advice: [noRequests] }));
    expect(shown.indexOf(escapeText(adviceWords(noRequests).text))).toBeGreaterThan(shown.indexOf('no database'));
  });

  it('is left out where there is none', () => {
    expect(renderSummary(report())).not.toMatch(/TIP|Advice/);
  });
});

describe('text from outside', () => {
  it.each(HOSTILE)('is inert: %j', (text) => expect(isInert(escapeText(text))).toBe(true));

  it('is inert, whatever it is', () => {
    const pieces = fc
      .array(fc.oneof(fc.constantFrom(...HOSTILE), fc.string(), fc.string({ unit: 'binary' })))
      .map((parts) => parts.join(''));
    fc.assert(fc.property(pieces, (text) => expect(isInert(escapeText(text))).toBe(true)));
  });

  it('reads as it was written, but on one line', () => {
    const shown = (text: string) =>
      escapeText(text)
        .replace(/&#(\d+);/g, (_, code) => String.fromCharCode(Number(code)))
        .replaceAll('&lt;', '<')
        .replaceAll('&gt;', '>')
        .replaceAll('&amp;', '&');
    fc.assert(fc.property(fc.string(), (text) => expect(shown(text)).toBe(text.replace(/\s+/g, ' '))));
  });

  /** What the summary is made of apart from the text that was put in: its own marks stay as many as without it. */
  const skeleton = (text: string) =>
    text
      .replace(/`{3,}[\s\S]*?\n`{3,}(?=\n|$)/g, 'FENCE')
      .replace(/&#?\w+;/g, '.')
      .replace(/[^\n#|>`<*]+/g, '.');

  it.each(HOSTILE)('changes nothing of the summary around it: %j', (hostile) => {
    const filled = (text: string) =>
      renderSummary(
        report({
          deployment: text,
          namespace: text,
          image: text,
          previousImage: text,
          revision: text,
          problems: [problem('kubectl.other', { detail: text.replace(/\s+/g, ' ') })],
          warnings: [text],
          pods: [{ name: text, version: 'new', ready: true, restarts: 0, state: text }],
          logs: [{ pod: text, container: text, lines: text }],
          events: [{ about: text, reason: text, message: text, count: 2 }],
          advice: [{ code: 'no-requests', params: { container: text, neighbours: [text] } }],
          wayBack: { command: text, isKnownGood: true },
        }),
      );
    expect(skeleton(filled(hostile))).toBe(skeleton(filled('x')));
  });

  it('cannot end the block that it stands in', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('`', '``', '```', '````', '\n', '~~~', 'x')).map((parts) => parts.join('')),
        (lines) => {
          const text = renderSummary(report({ logs: [{ pod: 'p', container: 'c', lines }] }));
          const [, ticks = '', inner] = /\n(`{3,})text\n([\s\S]*)\n\1\n\n<\/details>/.exec(text) ?? [];
          expect(inner).toBe(lines);
          expect(lines).not.toContain(ticks);
        },
      ),
    );
  });

  it('stays far below the megabyte that GitHub takes, however much there is', () => {
    const huge = '한`\n'.repeat(500_000);
    const text = renderSummary(
      report({
        events: Array.from({ length: 500 }, () => ({ about: 'Pod a', reason: 'b', message: huge, count: 1 })),
        logs: [
          { pod: 'a', container: 'b', lines: huge },
          { pod: 'c', container: 'd', lines: 'x'.repeat(5_000_000) },
        ],
        problems: [
          problem('build.failed', { detail: huge, tail: huge }),
          problem('kubectl.other', { detail: '@'.repeat(2_000_000) }),
        ],
      }),
    );
    expect(Buffer.byteLength(text)).toBeLessThan(300_000);
  });

  it('loses its beginning, not its end, where it is too long: the end says why', () => {
    const text = renderSummary(
      report({ logs: [{ pod: 'a', container: 'b', lines: `${'x\n'.repeat(50_000)}the cause` }] }),
    );
    expect(text).toContain('\nthe cause\n```');
  });
});

describe('the timeline', () => {
  const phase = (name: Phase['name'], startMs: number, endMs: number, ended: Phase['ended'] = 'done') => ({
    name,
    startMs,
    endMs,
    ended,
  });

  it('has a bar for each phase, a failed one marked', () => {
    const phases = [
      phase('preflight', 0, 1_200.4),
      phase('build', 0.2, 62_000),
      phase('watch', 62_000, 90_000, 'failed'),
    ];
    expect(gantt(phases)).toBe(
      [
        'gantt',
        '  dateFormat x',
        '  axisFormat %M:%S',
        '  Check the cluster (1.2 s) :0, 1200',
        '  Build and push (1 m 02 s) :0, 62000',
        '  Watch the rollout (28 s) :crit, 62000, 90000',
      ].join('\n'),
    );
  });

  it('has a tick a second where it is short, and leaves the ticks to mermaid where it is not', () => {
    expect(gantt([phase('watch', 0, 9_999)])).toContain('\n  tickInterval 1second\n');
    expect(gantt([phase('watch', 0, 10_000)])).not.toContain('tickInterval');
  });

  it('gives a phase that took no time a bar that can be seen', () => {
    expect(gantt([phase('prove', 5, 5)])).toContain('(0 ms) :5, 6');
  });

  it('has one colon a bar and nothing else that mermaid reads as its own', () => {
    const any = fc.record({
      name: fc.constantFrom(...PHASES),
      startMs: fc.nat(1e8),
      took: fc.double({ min: 0, max: 1e8, noNaN: true }),
      ended: fc.constantFrom('done', 'failed'),
    });
    fc.assert(
      fc.property(any, ({ name, startMs, took, ended }) => {
        const bar = gantt([{ name, startMs, endMs: startMs + took, ended } as Phase])
          .split('\n')
          .at(-1);
        expect(bar).toMatch(/^ {2}[A-Za-z ]+ \([\d.]+ [a-z \d]+\) :(?:crit, )?\d+, \d+$/);
      }),
    );
  });
});

describe('what is known of the past and what would be done', () => {
  const history = [
    { image: 'user/app:v1', run: '', at: '2026-01-02T03:04:05.000Z', outcome: 'found', revision: '1' },
    { image: 'user/app:v2', run: 'https://evil.example/a|b', at: '2026-01-03T03:04:05.000Z', outcome: 'deployed' },
  ];

  it('is a table, the newest first, with no link of the workload’s', () => {
    const summary = renderSummary(report({ history }));
    const rows = summary.split('\n').filter((text) => text.includes('user/app'));
    expect(rows).toHaveLength(2);
    expect(rows[0]).toMatch(
      /^\| 2026-01-03 03:04 \| deployed \| {2}\| <code>user\/app:v2<\/code> \| <code>https&#58;\/\/evil/,
    );
    expect(rows[1]).toMatch(/was there already \| 1 \|/);
    expect(summary).not.toContain('](');
  });

  it('of a plan are its steps and a diff', () => {
    const plan = { steps: ['Build *it*'], diff: ['- image: a', '+ image: b'] };
    const summary = renderSummary(report({ outcome: 'planned', plan }));
    expect(summary).toContain('- Build &#42;it&#42;');
    expect(summary).toContain('```diff\n- image: a\n+ image: b\n```');
    expect(summary).toContain('Runs now');
  });
});
