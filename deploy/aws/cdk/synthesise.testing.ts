import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { settingsOf } from './lib/settings';
import { createStack } from './lib/stack';

export const context = {
  version: '1.0.0',
  domain: 'media.example.org',
  certificateArn: 'arn:aws:acm:us-east-1:111111111111:certificate/a',
  email: 'ops@example.org',
};

export interface Resource {
  Type: string;
  Properties: Record<string, unknown>;
  DeletionPolicy?: string;
}

interface Report {
  pluginReports: Array<{ violations: Array<{ ruleName: string; description: string }> }>;
}

/** Synthesises the stack as `cdk synth` does, with the checks of cdk-nag and of the schemas of CloudFormation. */
export function synthesise(settings: Record<string, string>) {
  const outdir = mkdtempSync(join(tmpdir(), 'cdk-'));
  try {
    const flags = JSON.parse(readFileSync(join(__dirname, 'cdk.json'), 'utf8')) as { context: object };
    const app = new App({ outdir, analyticsReporting: false, context: flags.context as Record<string, unknown> });
    const all: Record<string, string> = { ...context, ...settings };
    const stack = createStack(
      app,
      settingsOf((name) => all[name]),
    );
    app.synth();
    const report = JSON.parse(readFileSync(join(outdir, 'validation-report.json'), 'utf8')) as Report;
    const template = Template.fromStack(stack);
    const resources = Object.values(template.toJSON().Resources as Record<string, Resource>);
    return {
      template,
      findings: report.pluginReports.flatMap(({ violations }) => violations.map(({ ruleName }) => ruleName)),
      of: (type: string) => resources.filter(({ Type }) => Type === type),
    };
  } finally {
    rmSync(outdir, { recursive: true });
  }
}
