import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { synthesise } from '../synthesise.testing';

const documented = readFileSync(join(__dirname, '../../../../docs/operations.md'), 'utf8');

/** The operations in a row of the table of permissions: a service that is not repeated applies to what follows. */
function operationsIn(row: string): string[] {
  const [, text] = new RegExp(`^\\| ${row} \\|(.+)\\|$`, 'm').exec(documented)!;
  let service = '';
  return [...text!.matchAll(/`(?:(dynamodb|sns|s3|sqs):)?([A-Z][A-Za-z]+)`/g)].map(([, named, operation]) => {
    service = named ?? service;
    return `${service}:${operation}`;
  });
}

interface Statement {
  Action: string | string[];
  Resource: unknown;
}

describe('the roles', () => {
  const { of } = synthesise({ environment: '{"ANALYSE_LABELS":"aws"}' });
  const statementsOf = (program: string) =>
    of('AWS::IAM::Policy')
      .filter(({ Properties }) => JSON.stringify(Properties.Roles).includes(`"${program}TaskTaskRole`))
      .flatMap(({ Properties }) => (Properties.PolicyDocument as { Statement: Statement[] }).Statement);

  it.each([
    ['auth', ['auth']],
    ['media', ['media']],
    ['notification', ['notification']],
    ['workerimage', ['worker']],
  ])('of %s may do what the documents say, and nothing else', (program, rows) => {
    const allowed = new Set(statementsOf(program).flatMap(({ Action }) => Action));
    const expected = new Set(['each of the following', ...rows].flatMap(operationsIn));
    expect([...allowed].toSorted()).toEqual([...expected].toSorted());
  });

  it('has no permission for the pages', () => {
    expect(statementsOf('web')).toEqual([]);
  });

  it('has no wildcard but objects and indexes', () => {
    const resources = JSON.stringify(['auth', 'media', 'notification', 'workerimage'].flatMap(statementsOf));
    for (const [wildcard] of resources.matchAll(/[^"]*\*"/g))
      expect(wildcard).toMatch(/^\/(index\/)?\*"$|\/index\/\*"$/);
  });

  it('lets only the workers of analyses call the analysers of AWS, where they are configured', () => {
    const callers = of('AWS::IAM::Policy')
      .filter(({ Properties }) => JSON.stringify(Properties).includes('rekognition:DetectLabels'))
      .map(({ Properties }) => JSON.stringify(Properties.Roles));
    expect(callers).toEqual([expect.stringContaining('workeranalysis')]);
  });
});
