import { CreateTopicCommand, GetTopicAttributesCommand, type SNSClient } from '@aws-sdk/client-sns';
import { OperatorError } from '#config';
import { callAws } from './call-aws';

/** Creates or checks the topic of the alerts. @returns the outcome as text. @throws {OperatorError} */
export async function setUpTopic(client: SNSClient, topicArn: string, region: string): Promise<string> {
  const [, , service, topicRegion, , name] = topicArn.split(':');
  if (service !== 'sns' || !name)
    throw new OperatorError(
      `SNS_TOPIC_ARN is "${topicArn}", which is not the ARN of a topic (arn:aws:sns:<region>:<account>:<name>)`,
    );
  if (topicRegion !== region)
    throw new OperatorError(
      `SNS_TOPIC_ARN names the region ${topicRegion}, AWS_REGION is ${region}: they must be the same`,
    );
  if (await exists(client, topicArn)) return 'exists';
  const request = new CreateTopicCommand({
    Name: name,
    ...(name.endsWith('.fifo') && { Attributes: { FifoTopic: 'true' } }),
  });
  const created = await callAws('sns:CreateTopic', topicArn, () => client.send(request));
  if (created.TopicArn === topicArn) return 'created';
  throw new OperatorError(
    `SNS_TOPIC_ARN names another account than these credentials, whose topic is ${created.TopicArn}: ` +
      'set that, or use other credentials',
  );
}

async function exists(client: SNSClient, TopicArn: string): Promise<boolean> {
  try {
    await callAws('sns:GetTopicAttributes', TopicArn, () => client.send(new GetTopicAttributesCommand({ TopicArn })));
    return true;
  } catch (error) {
    if ((error as Error).name === 'NotFoundException') return false;
    throw error;
  }
}
